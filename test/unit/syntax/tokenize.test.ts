import { describe, expect, test } from 'vitest';
import { type Directive, lineAt, quote, tokenize } from '../../../src/syntax/tokenize.ts';

type Plain = string | readonly [string, readonly Plain[]];

/** Words with bars between them; a block with what it holds. */
function plain(directives: readonly Directive[]): readonly Plain[] {
  return directives.map(({ name, args, block }) => {
    const words = [name, ...args.map(({ value }) => value)].join('|');
    return block === undefined ? words : [words, plain(block)];
  });
}

const read = (text: string) => plain(tokenize(text, 'f'));

describe('words', () => {
  test.each<[string, string, readonly Plain[]]>([
    ['are parted by blanks, tabs and line ends', 'a b\t c\r\n d;e;', ['a|b|c|d', 'e']],
    ['end at a semicolon or an open brace', 'a b;c{d;}', ['a|b', ['c', ['d']]]],
    ['may hold quotes, hashes and closing braces', `a b"c d#e f'g h} #x;\n;`, [`a|b"c|d#e|f'g|h}`]],
    ['are whole within quotes', `a "b ;{}#' c" 'd "e" ';`, [`a|b ;{}#' c|d "e" `]],
    ['may hold variables in braces', `a \${b} x\${c}y "\${d}" $\${e};`, [`a|\${b}|x\${c}y|\${d}|$\${e}`]],
    ['end at a brace that follows a variable', 'if $a{ b; }', [['if|$a', ['b']]]],
    [
      'lose backslashes before quotes and backslashes alone',
      `a \\" "\\\\n" 'it\\'s' b\\d;`,
      [`a|"|\\n|it's|b\\d`],
    ],
    ['hold tabs and line ends where escapes say so', 'a b\\tc "d\\r\\n";', ['a|b\tc|d\r\n']],
    ['go on over an escaped blank, semicolon or brace', 'a b\\ c\\;d\\{e;', ['a|b\\ c\\;d\\{e']],
    ['may follow a quote only as a parenthesis', 'if ($a = "b"){c;}', [['if|($a|=|b|)', ['c']]]],
    ['may be empty', `a "" '';`, ['a||']],
    ['may span lines in quotes', 'a "b\nc";', ['a|b\nc']],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('are told with their place, quotes included', () => {
    const text = 'a "b c"  \'d\' e;';
    const [directive] = tokenize(text, 'f');
    expect(directive?.args.map(({ start, end }) => text.slice(start, end))).toEqual(['"b c"', "'d'", 'e']);
    expect(directive?.end).toBe(text.length);
  });

  test('that are quoted here are read back as they were', () => {
    const value = 'a "b\\ c\' ;{}#';
    expect(tokenize(`a ${quote(value)};`, 'f')[0]?.args[0]?.value).toBe(value);
  });
});

test('comments begin only where a word would', () => {
  expect(read('# a;\na # b; "\n b#c;\n# }')).toEqual(['a|b#c']);
});

test('blocks nest', () => {
  expect(read('a{b{c;}d{}}e;')).toEqual([
    [
      'a',
      [
        ['b', ['c']],
        ['d', []],
      ],
    ],
    'e',
  ]);
});

describe('Lua is skipped over', () => {
  test.each([
    ['strings', `local a = "}" .. '}\\'}'`],
    ['comments', 'local a = 1 -- }\n'],
    ['long strings', 'local a = [[ } ]] .. [==[ ]] } ]==]'],
    ['long comments', '--[[ } \n } ]] --[=[ }} ]] ]=] a()'],
    ['tables', 'local a = { { 1 }, b[1] }'],
    ['subtraction', 'a = b-{}'],
  ])('with braces in %s', (_, lua) => {
    expect(read(`set_by_lua_block $x { ${lua} } a;`)).toEqual([['set_by_lua_block|$x', []], 'a']);
  });

  test('and its end is missed', () => {
    expect(() => read('init_by_lua_block { "}" ')).toThrow('expecting terminating characters');
  });
});

describe('what nginx would not read is an error, with file and line', () => {
  test.each([
    ['a;\n}', 'f:2: unexpected "}"'],
    ['a\n}b;', 'f:2: unexpected "}"'],
    ['x{a\n}', 'f:2: unexpected "}"'],
    ['a;\n\n;', 'f:3: unexpected ";"'],
    ['{', 'f:1: unexpected "{"'],
    ['a "b"c;', 'f:1: unexpected "c"'],
    ['a "b"#;', 'f:1: unexpected "#"'],
    ['a {\nb;\n', 'f:3: unexpected end of file, expecting "}"'],
    ['a b', 'f:1: unexpected end of file, expecting ";" or "}"'],
    ['a b\n', 'f:2: unexpected end of file, expecting ";" or "}"'],
    ['a "b\n;', 'f:2: unexpected end of file, expecting ";" or "}"'],
    ['a b\\', 'f:1: unexpected end of file, expecting ";" or "}"'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

test('a line is counted from 1, and a line end belongs to its own', () => {
  expect([0, 1, 2, 3, 4].map((offset) => lineAt('a\n\nb', offset))).toEqual([1, 1, 2, 3, 3]);
});
