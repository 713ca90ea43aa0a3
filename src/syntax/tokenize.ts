import { ProblemError } from '../pipeline/problem.ts';
import { pieces } from './pieces.ts';

/** One word of a directive. `start` to `end` is its place in the text, quotes included. */
interface Word {
  /** Without its quotes and escapes, as nginx hands it to the directive. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
  /** Offset behind its `;` or `{`. */
  readonly end: number;
  /** What stands between its braces. Empty for a block of Lua, which is skipped. */
  readonly block?: readonly Directive[];
}

/**
 * Reads configuration as nginx does. Throws ProblemError with `file:line` and nginx's own words where
 * nginx would not read on.
 */
export function tokenize(text: string, file: string): readonly Directive[] {
  const root: Directive[] = [];
  const outer: Directive[][] = [];
  let block = root;
  let words: Word[] = [];

  const fail: (what: string, at?: number) => never = (what, at = text.length) => {
    throw new ProblemError({ what, where: `${file}:${lineAt(text, at)}` });
  };
  const finish = (end: number, inner?: Directive[]) => {
    const [name, ...args] = words;
    if (name === undefined) return fail(`unexpected "${text[end - 1]}"`, end);
    words = [];
    block.push({ name: name.value, args, end, ...(inner && { block: inner }) });
  };

  for (const { kind, start, end } of pieces(text)) {
    switch (kind) {
      case 'word':
        words.push({ value: unescaped(text.slice(start, end)), start, end });
        break;
      case 'quoted': {
        words.push({ value: unescaped(text.slice(start + 1, end - 1)), start, end });
        const next = text[end];
        if (next !== undefined && !' \t\r\n;{)'.includes(next)) fail(`unexpected "${next}"`, end);
        break;
      }
      case ';':
        finish(end);
        break;
      case '{': {
        const inner: Directive[] = [];
        finish(end, inner);
        outer.push(block);
        block = inner;
        break;
      }
      case '}':
        if (words.length > 0) fail('unexpected "}"', start);
        block = outer.pop() ?? fail('unexpected "}"', start);
        break;
      case 'broken':
        if (block !== root && isLua(outer.at(-1)?.at(-1)) && words.length === 0) {
          fail('unexpected end of file, expecting terminating characters for lua code block');
        }
        fail('unexpected end of file, expecting ";" or "}"');
    }
  }
  if (words.length > 0) fail('unexpected end of file, expecting ";" or "}"');
  if (outer.length > 0) fail('unexpected end of file, expecting "}"');
  return root;
}

function isLua(directive: Directive | undefined): boolean {
  return directive?.name.endsWith('_by_lua_block') === true;
}

/** A word that nginx reads as exactly `value`, whatever that holds. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** The line of an offset, counted from 1: nginx names the one on which a directive's `;` or `{` stands. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

/** A backslash before any other character stays, as in nginx. */
function unescaped(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => ESCAPES[char] ?? char);
}
