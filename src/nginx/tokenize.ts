import { ProblemError } from '../pipeline/problem.ts';

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

const SPACE_AND_COMMENTS = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const QUOTED = /"(?:\\.|[^\\"]+)*"|'(?:\\.|[^\\']+)*'/sy;
// Within a word a `{` ends it, but not straight after `$`; a `#`, a quote or a `}` is an ordinary character.
const BARE = /(?:\\.|\$\{*|[^\\$ \t\r\n;{]+)+/sy;
// What hides a brace from Lua: long comments, comments, long strings, strings.
const LUA =
  /--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|"(?:\\.|[^\\"\n])*"|'(?:\\.|[^\\'\n])*'|[{}]|[^-["'{}]+|./sy;

/**
 * Reads configuration by the rules of nginx's ngx_conf_read_token (src/core/ngx_conf_file.c).
 * Throws ProblemError with `file:line` and nginx's own words where nginx would not read on.
 */
export function tokenize(text: string, file: string): readonly Directive[] {
  const root: Directive[] = [];
  const outer: Directive[][] = [];
  let block = root;
  let words: Word[] = [];
  let at = 0;

  const fail: (what: string) => never = (what) => {
    throw new ProblemError({ what, where: `${file}:${lineAt(text, at)}` });
  };
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const skipLua = () => {
    for (let depth = 1; depth > 0; ) {
      const token = take(LUA);
      if (token === '') fail('unexpected end of file, expecting terminating characters for lua code block');
      if (token === '{') depth += 1;
      if (token === '}') depth -= 1;
    }
  };
  const finish = (inner?: Directive[]) => {
    const [name, ...args] = words;
    if (name === undefined) return fail(`unexpected "${text[at - 1]}"`);
    words = [];
    block.push({ name: name.value, args, end: at, ...(inner && { block: inner }) });
  };

  for (;;) {
    take(SPACE_AND_COMMENTS);
    const start = at;
    const char = text[at];
    if (char === undefined) {
      if (words.length > 0) fail('unexpected end of file, expecting ";" or "}"');
      if (outer.length > 0) fail('unexpected end of file, expecting "}"');
      return root;
    }
    if (char === ';') {
      at += 1;
      finish();
    } else if (char === '{') {
      at += 1;
      const inner: Directive[] = [];
      const lua = words[0]?.value.endsWith('_by_lua_block');
      finish(inner);
      if (lua) {
        skipLua();
      } else {
        outer.push(block);
        block = inner;
      }
    } else if (char === '}') {
      if (words.length > 0) fail('unexpected "}"');
      block = outer.pop() ?? fail('unexpected "}"');
      at += 1;
    } else if (char === '"' || char === "'") {
      const quoted = take(QUOTED);
      if (quoted === '') {
        at = text.length;
        fail('unexpected end of file, expecting ";" or "}"');
      }
      words.push({ value: unescaped(quoted.slice(1, -1)), start, end: at });
      const next = text[at];
      if (next !== undefined && !' \t\r\n;{)'.includes(next)) fail(`unexpected "${next}"`);
    } else {
      const bare = take(BARE);
      if (bare === '' || at === text.length) {
        at = text.length;
        fail('unexpected end of file, expecting ";" or "}"');
      }
      words.push({ value: unescaped(bare), start, end: at });
    }
  }
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
