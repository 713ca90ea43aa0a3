import { together } from './format.ts';
import { type Part, quoted } from './js.ts';

/*
 * consul-template takes a text such as `v2.web@dc2` apart when it runs. Where parts of it are computed, a word stands
 * for each of them, so that what is written can be taken apart already.
 */
const HOLE = /__upsync(\d+)__/;

export function spelled(parts: readonly Part[]): string {
  return parts.map((part, index) => (typeof part === 'string' ? part : `__upsync${index}__`)).join('');
}

/** Whether something that is computed stands in a piece of what `spelled` gave. */
export function hasHole(text: string): boolean {
  return HOLE.test(text);
}

/** A piece of what `spelled` gave, in JavaScript. */
export function composed(text: string, parts: readonly Part[]): string {
  if (!hasHole(text)) return quoted(text);
  // Every second one is the number of a part.
  const pieces = text
    .split(HOLE)
    .map((piece, index) => (index % 2 === 0 ? piece : (parts[Number(piece)] ?? '')));
  const [only, ...more] = pieces.filter((piece) => piece !== '');
  return typeof only === 'object' && more.length === 0 ? only.code : together(pieces);
}
