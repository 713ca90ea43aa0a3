import { ProblemError } from '../../pipeline/problem.ts';
import { lineAt } from '../../syntax/tokenize.ts';
import { type Found, heredocAt, quotedAt } from './text.ts';

export type Token = { readonly start: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: '{' | '}' | '[' | ']' | '=' | ':' | ',' | 'end' }
);

const BLANK = /(?:[\s\uFEFF]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const NUMBER = /-?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.-])/y;
const WORD = /[\p{L}_][\p{L}\p{N}_.-]*/uy;

/** Cuts HCL 1 or JSON into its tokens. Throws ProblemError with `file:line` where it is neither. */
export function* scan(source: string, file: string): Generator<Token, undefined> {
  const isJson = source.trimStart().startsWith('{');
  for (let at = after(BLANK, source, 0); at < source.length; at = after(BLANK, source, at)) {
    const [token, end] = read(source, at, isJson) ?? fail(source, file, at);
    yield token;
    at = end;
  }
  yield { kind: 'end', start: source.length };
}

function read(source: string, start: number, isJson: boolean): readonly [Token, number] | undefined {
  const char = source[start];
  switch (char) {
    case '{':
    case '}':
    case '[':
    case ']':
    case '=':
    case ':':
    case ',':
      return [{ kind: char, start }, start + 1];
    case '"':
      return text(quotedAt(source, start, isJson));
    case '<':
      // Its text begins on the next line.
      return text(heredocAt(source, start), source.indexOf('\n', start) + 1);
  }
  const number = after(NUMBER, source, start);
  if (number > start)
    return [{ kind: 'number', number: numberOf(source.slice(start, number)), start }, number];
  const word = after(WORD, source, start);
  return word > start ? [{ kind: 'word', text: source.slice(start, word), start }, word] : undefined;

  function text(found: Found | undefined, at = start): readonly [Token, number] | undefined {
    return found && [{ kind: 'text', text: found.text, start: at }, found.end];
  }
}

/** As Go's ParseInt with base 0: `0600` is octal. */
function numberOf(text: string): number {
  const [, minus = '', octal] = /^(-?)0([0-7]+)$/.exec(text) ?? [];
  return octal === undefined ? Number(text) : Number(`${minus}${Number.parseInt(octal, 8)}`);
}

/** Where the pattern's match at this offset ends; the offset itself where there is none. */
function after(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : at;
}

function fail(source: string, file: string, at: number): never {
  const what = source.startsWith('/*', at)
    ? 'this comment does not end'
    : source.startsWith('<<', at)
      ? 'this heredoc does not end'
      : source[at] === '"'
        ? 'this text does not end on its line, or holds an escape that HCL does not know'
        : `unexpected ${JSON.stringify(source[at])}`;
  throw new ProblemError({ what, where: `${file}:${lineAt(source, at)}` });
}
