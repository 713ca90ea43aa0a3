/** A stretch of configuration text that nginx reads as one thing. */
export interface Piece {
  /** `lua` is what stands between the braces of a `*_by_lua_block`; `broken` goes to the end of the text, where nginx gives up. */
  readonly kind: 'word' | 'quoted' | 'comment' | 'lua' | ';' | '{' | '}' | 'broken';
  readonly start: number;
  /** Offset behind it. */
  readonly end: number;
}

const SPACE = /[ \t\r\n]+/y;
const COMMENT = /#[^\n]*/y;
// No run within a run: what never closes would be tried in each of its divisions, for years.
const QUOTED = /"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'/sy;
// Within a word a `{` ends it, but not straight after `$`; a `#`, a quote or a `}` is an ordinary character.
const WORD = /(?:\\.|\$\{*|[^\\$ \t\r\n;{]+)+/sy;
// What hides a brace from Lua: long comments, comments, long strings, strings.
const LUA =
  /--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|"(?:\\.|[^\\"\n])*"|'(?:\\.|[^\\'\n])*'|[{}]|[^-["'{}]+|./sy;

/** Cuts text by the rules of nginx's ngx_conf_read_token (src/core/ngx_conf_file.c); blanks are left out. */
export function* pieces(text: string): Generator<Piece, undefined> {
  /** The first word of the directive that is being read. */
  let name: string | undefined;
  for (let at = endOf(SPACE, text, 0); at < text.length; at = endOf(SPACE, text, at)) {
    const start = at;
    const [kind, end] = read(text, start);
    at = end;
    if (kind === 'word' || kind === 'quoted') name ??= text.slice(start, end);
    const isLua = kind === '{' && /_by_lua_block["']?$/.test(name ?? '');
    if (kind === ';' || kind === '{' || kind === '}') name = undefined;
    yield { kind, start, end };
    if (isLua) {
      at = endOfLua(text, end);
      yield { kind: at === text.length ? 'broken' : 'lua', start: end, end: at };
    }
  }
}

function read(text: string, at: number): readonly [Piece['kind'], number] {
  const char = text[at];
  switch (char) {
    case ';':
    case '{':
    case '}':
      return [char, at + 1];
    case '#':
      return ['comment', endOf(COMMENT, text, at)];
    case '"':
    case "'":
      return found('quoted', endOf(QUOTED, text, at));
    default:
      return found('word', endOf(WORD, text, at));
  }

  function found(kind: Piece['kind'], end: number): readonly [Piece['kind'], number] {
    return end === at ? ['broken', text.length] : [kind, end];
  }
}

/** Where the pattern's match at this offset ends; the offset itself where there is none. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The offset of the brace that closes the block; the text's end where none does. */
function endOfLua(text: string, start: number): number {
  let at = start;
  for (let depth = 1; at < text.length; ) {
    const end = endOf(LUA, text, at);
    if (text[at] === '{' && end === at + 1) depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
    at = end;
  }
  return text.length;
}
