import type { Admission } from '../pipeline/admission.ts';
import type { Notice } from '../pipeline/outcome.ts';
import { type Query, type QueryKey, queryKey, titleOf } from '../pipeline/query.ts';
import { type AnswerTo, isAnswerTo, type Snapshot } from '../pipeline/snapshot.ts';

/** What of the registry and of the machine templates may see, besides the view. */
export interface Registry {
  readonly admission: Admission;
  /** Where is asked if a template does not say; empty for the agent's own. */
  readonly datacenter: string;
  /** The variables that templates may see, as far as they are set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the templates ask for in one rendering: it goes on without what is not there, so as to ask for all of it. */
export class Asking {
  readonly snapshot: Snapshot;
  readonly #used = new Map<QueryKey, Query>();
  readonly #missing = new Set<string>();
  readonly #leftOut = new Map<string, Notice>();
  readonly #texts = new Map<string, string>();

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get used(): readonly Query[] {
    return [...this.#used.values()];
  }

  /** Without which the rendering is worth nothing, in words. */
  get missing(): readonly string[] {
    return [...this.#missing];
  }

  get leftOut(): readonly Notice[] {
    return [...this.#leftOut.values()];
  }

  /** By text of which templates may see any, where it is from: it may be a secret, or mean something to nginx. */
  get texts(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  /** Undefined until it is answered, for which the rendering then waits. */
  ask<K extends Query['kind']>(kind: K, query: Extract<Query, { kind: K }>): AnswerTo<K> | undefined {
    this.follow(query);
    const answer = this.snapshot.get(queryKey(query));
    if (isAnswerTo(kind, answer)) return answer;
    this.lack(query);
    return undefined;
  }

  /** It is to be asked, and not waited for. */
  follow(query: Query): void {
    this.#used.set(queryKey(query), query);
  }

  lack(query: Query): void {
    this.#missing.add(titleOf(query));
  }

  /** Text that somebody put where `whose` says. */
  text(value: string, whose: string): string {
    this.#texts.set(value, whose);
    return value;
  }

  leave(upstream: string, instance: string, reason: string): void {
    this.#leftOut.set(`${upstream} ${instance} ${reason}`, { kind: 'leftOut', upstream, instance, reason });
  }
}
