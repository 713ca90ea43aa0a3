/** What upsync.yaml must name so that a template sees it. */
export interface Needs {
  readonly tags: Set<string>;
  readonly meta: Set<string>;
  readonly env: Set<string>;
  /** What to say of the conversion, once each. */
  readonly remarks: Set<string>;
  /** What is left to whoever migrates, once each. */
  readonly toDo: Set<string>;
}

export function noNeeds(): Needs {
  return { tags: new Set(), meta: new Set(), env: new Set(), remarks: new Set(), toDo: new Set() };
}
