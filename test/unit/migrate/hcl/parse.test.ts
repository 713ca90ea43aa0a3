import { describe, expect, test } from 'vitest';
import { parseHcl } from '../../../../src/migrate/hcl/parse.ts';
import type { Value } from '../../../../src/migrate/hcl/value.ts';

/** Values as plain data; keys that come again are there again. */
function plain(value: Value): unknown {
  switch (value.kind) {
    case 'text':
      return value.text;
    case 'number':
      return value.number;
    case 'truth':
      return value.truth;
    case 'list':
      return value.items.map(plain);
    case 'object':
      return value.entries.map(({ key, value: inner }) => [key, plain(inner)]);
  }
}

const read = (text: string) => plain(parseHcl(text, 'a.hcl'));

describe('HCL', () => {
  test.each<[string, string, unknown]>([
    [
      'keys with texts, numbers and truths',
      'a = "x"\nb = 12 c = -1.5 d = true',
      [
        ['a', 'x'],
        ['b', 12],
        ['c', -1.5],
        ['d', true],
      ],
    ],
    [
      'octal and hexadecimal numbers, as Go reads them',
      'a = 0600 b = 0x1F c = 0',
      [
        ['a', 0o600],
        ['b', 31],
        ['c', 0],
      ],
    ],
    ['blocks, and blocks in them', 'a { b { c = 1 } }', [['a', [['b', [['c', 1]]]]]]],
    [
      'blocks that come again',
      'a { b = 1 }\na { b = 2 }',
      [
        ['a', [['b', 1]]],
        ['a', [['b', 2]]],
      ],
    ],
    ['labels as objects around their block', 'a "b" { c = 1 }', [['a', [['b', [['c', 1]]]]]]],
    [
      'lists, with a comma at the end or without',
      'a = ["x", 1, ] b = [[true], {c = 1}]',
      [
        ['a', ['x', 1]],
        ['b', [[true], [['c', 1]]]],
      ],
    ],
    [
      'objects with commas or without',
      'a = { b = 1, c = 2\n d = 3 }',
      [
        [
          'a',
          [
            ['b', 1],
            ['c', 2],
            ['d', 3],
          ],
        ],
      ],
    ],
    ['comments of three kinds', '# a\n// b\n/* c\n d */ e = 1 # f', [['e', 1]]],
    ['keys in quotes', '"a b" = 1', [['a b', 1]]],
    ['escapes', String.raw`a = "\"q\" \\ \n \t A \x42 \103 \U0001F600"`, [['a', '"q" \\ \n \t A B C 😀']]],
    [
      'interpolations as they stand, quotes in them too',
      `a = "x \${env("B") \\n} y"`,
      [['a', `x \${env("B") \\n} y`]],
    ],
    ['nothing', '  \n', []],
  ])('has %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each<[string, string, string]>([
    ['keep their indentation', 'a = <<EOF\n  x\n y\n  EOF\nb = 1', '  x\n y\n'],
    ['lose that of their last line, where all have it', 'a = <<-EOF\n    x\n      y\n    EOF\n', 'x\n  y\n'],
    ['keep it where one line has less', 'a = <<-EOF\n    x\n  y\n    EOF\n', '    x\n  y\n'],
    ['may hold what looks like their end within a line', 'a = <<EOF\nx EOF\nEOFX\nEOF\n', 'x EOF\nEOFX\n'],
    ['may be empty', 'a = <<EOF\nEOF\n', ''],
    ['are read with line ends of Windows', 'a = <<EOF\r\nx\r\nEOF\r\n', 'x\r\n'],
  ])('heredocs %s', (_, text, expected) => {
    expect(read(text)).toContainEqual(['a', expected]);
  });

  test('a value tells its line; of a heredoc that of its first line', () => {
    const { entries } = parseHcl('\na = 1\nb = <<EOF\nx\nEOF\nc {\n  d = 2\n}', 'a.hcl');
    expect(entries.map(({ key, line, value }) => [key, line, value.line])).toEqual([
      ['a', 2, 2],
      ['b', 3, 4],
      ['c', 6, 6],
    ]);
  });

  test.each<[string, string]>([
    ['a = \n\n}', 'a.hcl:3: unexpected "}", expected a value; texts stand in double quotes'],
    ['a = 1\nb = secret', 'a.hcl:2: unexpected word, expected a value; texts stand in double quotes'],
    ['a = "x\n"', 'a.hcl:1: this text does not end on its line, or holds an escape that HCL does not know'],
    ['a = "\\q"', 'a.hcl:1: this text does not end on its line, or holds an escape that HCL does not know'],
    ['\na = <<EOF\nx', 'a.hcl:2: this heredoc does not end'],
    ['a = 1 /* x', 'a.hcl:1: this comment does not end'],
    ['a {', 'a.hcl:1: unexpected the end of the file, expected a key'],
    ['a = [1 2]', 'a.hcl:1: unexpected number, expected "," or "]"'],
    ["a = 'x'", 'a.hcl:1: unexpected "\'"'],
  ])('%j is refused with its line, and no value is repeated', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('JSON', () => {
  test('is read by the same grammar: lists of blocks, null for what is not there, and no interpolation', () => {
    const text = `{"a": {"b": [1, 2.5e1, true, null]}, "c": null, "d": "\\u00e9 \\/ \${x"}`;
    expect(read(text)).toEqual([
      ['a', [['b', [1, 25, true]]]],
      ['d', `é / \${x`],
    ]);
  });

  test('what stands behind its end is refused', () => {
    expect(() => read('{"a": 1} b')).toThrow('a.hcl:1: unexpected word, expected the end of the file');
  });
});
