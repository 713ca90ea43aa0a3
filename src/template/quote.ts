/** What may be written at all: a template that writes `undefined` or an object has a mistake in it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const name = typeof value === 'object' && value !== null ? 'an object' : String(value);
  throw new TypeError(`only text and numbers can be written, not ${name}`);
}

/**
 * Writes a value as one nginx token: Eta's escape function. What nginx would interpolate (`$`, inside
 * quotes too, and `\$` does not escape it) or take for the end of a line or comment is refused.
 */
export function quoteForNginx(value: unknown): string {
  const text = textOf(value);
  if (forbidden.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} holds a character that nginx would not take literally`);
  }
  return plain.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const forbidden = /[\p{Cc}\p{Zl}\p{Zp}$]/u;
const plain = /^[\w.:/[\]@%+=,-]+$/;
