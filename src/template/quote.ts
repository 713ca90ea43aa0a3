import { quoted } from '../pipeline/admission.ts';

/** What may be written at all: a template that writes `undefined` or an object has a mistake in it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const name = typeof value === 'object' && value !== null ? 'an object' : String(value);
  throw new TypeError(`only text and numbers can be written, not ${name}`);
}

/**
 * A value as one nginx word: Eta's escape function. What nginx would interpolate (`$`, inside quotes too,
 * and `\$` does not escape it) or take for the end of a line or comment is refused, and so are the
 * private characters of marks.ts. `wrap` gets what stands between the quotes; `called` says for an error what a text
 * is.
 */
export function quoteForNginx(value: unknown, called = quoted, wrap = (text: string) => text): string {
  const text = textOf(value);
  if (forbidden.test(text)) {
    throw new TypeError(`${called(text)} holds a character that nginx would not take literally`);
  }
  return isPlain(text) ? wrap(text) : `"${wrap(text.replace(/["\\]/g, '\\$&'))}"`;
}

/** How `<%= … %>` writes a value: as a word of nginx, or as text of one line. */
export type Quoting = 'nginx' | 'none';

/** A value as it is, for files of other programs. It cannot leave its line. */
export function lineOfText(value: unknown, called = quoted): string {
  const text = textOf(value);
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return text;
  throw new TypeError(
    `${called(text)} holds a control character or the end of a line; write <%~ JSON.stringify(…) %> where the program reads JSON`,
  );
}

/** Whether a value is the same in quotes and without, wherever it stands: none of its characters ends a word. */
export function isPlain(text: string): boolean {
  return /^[\w.:/[\]@%+=,-]+$/.test(text);
}

const forbidden = /[\p{Cc}\p{Zl}\p{Zp}$\u{E000}-\u{E002}]/u;
