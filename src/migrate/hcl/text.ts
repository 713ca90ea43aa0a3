/*
 * The texts of HCL 1, as hashicorp/hcl reads them (hcl/scanner, hcl/strconv, hcl/token): `${…}` is left as it
 * stands, quotes within it too, and an indented heredoc loses the indentation of its last line.
 */

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  // JSON alone has this one.
  '/': '/',
};

const ESCAPE = /^\\(?:([abfnrtv\\"/])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3}))/;

export interface Found {
  readonly text: string;
  /** Offset behind it. */
  readonly end: number;
}

/** The quoted text that begins at `start`; undefined where it does not end, or holds an escape that is none. */
export function quotedAt(source: string, start: number, isJson: boolean): Found | undefined {
  let text = '';
  for (let at = start + 1; at < source.length; ) {
    const char = source[at] ?? '';
    if (char === '"') return { text, end: at + 1 };
    if (char === '\n') return undefined;
    if (!isJson && source.startsWith('${', at)) {
      const end = endOfBraces(source, at + 1);
      if (end === undefined) return undefined;
      text += source.slice(at, end);
      at = end;
    } else if (char === '\\') {
      const found = ESCAPE.exec(source.slice(at, at + 10));
      if (found === null) return undefined;
      text += meaningOf(found);
      at += found[0].length;
    } else {
      text += char;
      at += 1;
    }
  }
  return undefined;
}

function meaningOf([, simple, byte, short, long, octal]: RegExpExecArray): string {
  if (simple !== undefined) return SIMPLE[simple] ?? '';
  const code =
    octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
  // Half of a pair is no code point of its own, and JSON writes pairs.
  return short === undefined ? String.fromCodePoint(Math.min(code, 0x10_ff_ff)) : String.fromCharCode(code);
}

function endOfBraces(source: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === '{') depth += 1;
    if (source[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

/** The heredoc that begins at `start` with `<<EOF` or `<<-EOF`; undefined where it does not end. */
export function heredocAt(source: string, start: number): Found | undefined {
  const [opening, dash, anchor] =
    /^<<(-?)([\p{L}\p{N}_]+)\r?\n/u.exec(source.slice(start, start + 200)) ?? [];
  if (opening === undefined || anchor === undefined) return undefined;
  const body = source.slice(start + opening.length);
  const closing = new RegExp(`^([^\\S\\n]*)${anchor}\\r*$`, 'm').exec(body);
  if (closing === null) return undefined;
  const text = body.slice(0, closing.index);
  const end = start + opening.length + closing.index + closing[0].length;
  return { text: dash === '-' ? unindented(text, closing[1] ?? '') : text, end };
}

/** Only where every line is indented at least as far as the last. */
function unindented(text: string, indent: string): string {
  const lines = text.split('\n');
  const isIndented = lines.every((line, index) => index === lines.length - 1 || line.startsWith(indent));
  return isIndented ? lines.map((line) => line.slice(indent.length)).join('\n') : text;
}
