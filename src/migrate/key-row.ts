import type { Draft } from './draft.ts';
import type { Given, Setting } from './given.ts';

/** Keys and flags of consul-template that mean one thing, and what stands for them in upsync. */
export interface KeyRow {
  /** With dots; those of a `template` block begin with `template.`. */
  readonly keys: readonly string[];
  readonly flags: readonly string[];
  /**
   * `key`: upsync has its like. `template`: it goes into the entry of its template. `unneeded` and `outside`: `upsync`
   * says why.
   */
  readonly becomes: 'key' | 'template' | 'unneeded' | 'outside';
  /** What to write instead, or why nothing: as the page says it, after its first word. */
  readonly upsync: string;
  /** Writes what upsync has instead. */
  readonly move?: (setting: Setting, draft: Draft, given: Given) => void;
}
