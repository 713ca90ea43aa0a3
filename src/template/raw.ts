import type { Eta } from 'eta/core';
import { isPlain, textOf } from './quote.ts';

/*
 * Eta passes what is written with `<%~ … %>` through the same filter as all else. Here it comes in an object of its own,
 * so that it is known for what it is.
 */
const RAW = '__raw';

type Raw = Readonly<Record<typeof RAW, unknown>>;

type Ast = ReturnType<Eta['parse']>;

export function withRawMarked(tree: Ast): Ast {
  return tree.map((part) =>
    // The line end keeps a comment at the end of the expression from swallowing the rest.
    typeof part === 'object' && part.t === 'r' ? { ...part, val: `({ ${RAW}: (${part.val}\n) })` } : part,
  );
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, RAW);
}

/**
 * What a template writes as it is. Throws where it is the very text that somebody put into the registry, and that means
 * something to nginx: whoever may write there would write configuration. What is composed of such texts is not found out.
 */
export function rawText(raw: Raw, foreign: ReadonlyMap<string, string>): string {
  const text = textOf(raw[RAW]);
  const whose = [text, text.trim()]
    .filter((one) => !isPlain(one))
    .map((one) => foreign.get(one))
    .find((one) => one !== undefined);
  if (whose === undefined) return text;
  throw new TypeError(
    `here <%~ … %> would write the very text of ${whose} as configuration; write it with <%= … %>`,
  );
}
