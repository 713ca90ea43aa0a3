/** A value of HCL 1 or JSON, with the line that it begins on, from 1. */
export type Value =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'number'; readonly number: number; readonly line: number }
  | { readonly kind: 'truth'; readonly truth: boolean; readonly line: number }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly line: number }
  | { readonly kind: 'object'; readonly entries: readonly Entry[]; readonly line: number };

/** A key or a block, in the order of the text; one key may come again. */
export interface Entry {
  readonly key: string;
  readonly value: Value;
  readonly line: number;
}
