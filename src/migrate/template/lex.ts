import { ProblemError } from '../../pipeline/problem.ts';
import { lineAt } from '../../syntax/tokenize.ts';
import type { Action, Piece, Token } from './tokens.ts';

export interface Delimiters {
  readonly left: string;
  readonly right: string;
}

/** By what a template and its place are known in messages. `line` is that of its first line, where it stands within another file. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<text>"(?:\\.|[^"\\\n])*")`,
    '(?<raw>`[^`]*`)',
    String.raw`(?<char>'(?:\\.|[^'\\\n])+')`,
    String.raw`(?<number>[+-]?(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?))`,
    String.raw`\.(?<field>[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`\$(?<variable>[\p{L}\p{N}_]*)`,
    String.raw`(?<word>[\p{L}_][\p{L}\p{N}_]*)`,
    '(?<sign>:=|[.|()=,])',
  ].join('|'),
  'uy',
);

/** Cuts a Go template. Throws ProblemError with `file:line` where Go would not read on. */
export function lex(source: string, { left, right }: Delimiters, origin: Origin): readonly Piece[] {
  const pieces: Piece[] = [];
  const lineOf = (at: number) => origin.line - 1 + lineAt(source, at);
  const fail = (at: number, what: string): never => {
    throw new ProblemError({ what, where: `${origin.file}:${lineOf(at)}` });
  };

  function actionAt(start: number): { action: Action; end: number } {
    let at = start + left.length;
    const trimsBefore = /^-\s/.test(source.slice(at, at + 2));
    if (trimsBefore) at += 1;
    const comment = /^\s*\/\*([\s\S]*?)\*\//.exec(source.slice(at));
    const tokens: Token[] = [];
    if (comment !== null) at += comment[0].length;
    for (;;) {
      const blanks = /^\s*/.exec(source.slice(at, at + 1_000))?.[0].length ?? 0;
      const close = [right, `-${right}`].find((one) => source.startsWith(one, at + blanks));
      if (close !== undefined && (close === right || blanks > 0)) {
        const end = at + blanks + close.length;
        const action: Action = {
          kind: 'action',
          tokens,
          ...(comment === null ? {} : { comment: (comment[1] ?? '').trim() }),
          source: source.slice(start, end),
          line: lineOf(start),
          trimsBefore,
          trimsAfter: close !== right,
        };
        return { action, end };
      }
      if (at + blanks >= source.length) return fail(start, `this ${left} is not closed by ${right}`);
      at += blanks;
      if (comment !== null) return fail(at, `a comment must end with */${right}`);
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(source);
      if (found === null) return fail(at, `unexpected ${JSON.stringify(source[at])} in ${left} … ${right}`);
      tokens.push(toToken(found.groups ?? {}, blanks > 0, (what) => fail(at, what)));
      at = TOKEN.lastIndex;
    }
  }

  for (let at = 0; at < source.length; ) {
    const open = source.indexOf(left, at);
    const end = open === -1 ? source.length : open;
    if (end > at) pieces.push({ kind: 'text', text: source.slice(at, end), line: lineOf(at) });
    if (open === -1) break;
    const { action, end: behind } = actionAt(open);
    pieces.push(action);
    at = behind;
  }
  return pieces;
}

type Groups = Readonly<Record<string, string | undefined>>;

function toToken(groups: Groups, spaced: boolean, fail: (what: string) => never): Token {
  const { text, raw, char, number, field, variable, word, sign } = groups;
  if (text !== undefined) return { kind: 'text', text: unquoted(text, fail), spaced };
  if (raw !== undefined) return { kind: 'text', text: raw.slice(1, -1).replaceAll('\r', ''), spaced };
  if (char !== undefined) {
    // To Go a character is its number.
    const [only = '', ...more] = unquoted(`"${char.slice(1, -1).replaceAll('"', '\\"')}"`, fail);
    return more.length > 0
      ? fail('more than one character in quotes')
      : { kind: 'number', text: String(only.codePointAt(0)), spaced };
  }
  if (number !== undefined) return { kind: 'number', text: number.replaceAll('_', ''), spaced };
  if (field !== undefined) return { kind: 'field', name: field, spaced };
  if (variable !== undefined) return { kind: 'variable', name: variable, spaced };
  if (word !== undefined) return { kind: 'word', name: word, spaced };
  switch (sign) {
    case '.':
    case '|':
    case '(':
    case ')':
    case ':=':
    case '=':
    case ',':
      return { kind: sign, spaced };
    default:
      return fail('unexpected text');
  }
}

/** Go's escapes are JSON's, and a few more. */
function unquoted(text: string, fail: (what: string) => never): string {
  const asJson = text
    .replace(/\\(x[\da-fA-F]{2}|[0-7]{3}|U[\da-fA-F]{8}|.)/gs, (whole, code: string) => {
      if (/^[0-7]/.test(code)) return escaped(Number.parseInt(code, 8));
      if (/^[xU]/.test(code) && code.length > 1) return escaped(Number.parseInt(code.slice(1), 16));
      if (code === 'a') return '\\u0007';
      if (code === 'v') return '\\u000b';
      return code === "'" ? "'" : whole;
    })
    .replaceAll('\t', '\\t');
  try {
    return String(JSON.parse(asJson));
  } catch {
    return fail(`Go does not know an escape in ${text}`);
  }
}

function escaped(code: number): string {
  return JSON.stringify(String.fromCodePoint(Math.min(code, 0x10_ff_ff))).slice(1, -1);
}
