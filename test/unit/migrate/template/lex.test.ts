import { describe, expect, test } from 'vitest';
import { lex } from '../../../../src/migrate/template/lex.ts';

const origin = { file: 'a.ctmpl', line: 1 };
const usual = { left: '{{', right: '}}' };

/** Texts as they are; of tags the tokens, a dot before those that blanks stand before. */
function plain(source: string, delimiters = usual) {
  return lex(source, delimiters, origin).map((piece) => {
    if (piece.kind === 'text') return piece.text;
    const tokens = piece.tokens.map((token) => {
      const word =
        'text' in token
          ? JSON.stringify(token.text)
          : 'name' in token
            ? `${token.kind}:${token.name}`
            : token.kind;
      return `${token.spaced ? ' ' : ''}${word}`;
    });
    return [`${piece.trimsBefore ? '-' : ''}`, tokens.join(''), `${piece.trimsAfter ? '-' : ''}`];
  });
}

describe('a template is cut', () => {
  test.each<[string, string, unknown]>([
    ['into text and tags', 'a{{b}}c', ['a', ['', 'word:b', ''], 'c']],
    [
      'with fields of fields, and fields side by side',
      '{{.A.B .C $d.E}}',
      [['', 'field:Afield:B field:C variable:dfield:E', '']],
    ],
    ['with what is trimmed', 'a {{- .B -}} c', ['a ', ['-', ' field:B', '-'], ' c']],
    ['with a minus that belongs to a number', '{{-1}}', [['', '"-1"', '']]],
    ['with texts that hold what ends a tag', '{{"}}" `"}}`}}', [['', '"}}" "\\"}}"', '']]],
    ['with escapes of Go', String.raw`{{"\x41\102C\n\\"}}`, [['', String.raw`"ABC\n\\"`, '']]],
    ['with characters as their numbers', "{{'a'}}", [['', '"97"', '']]],
    ['with signs', '{{$a, $b := f | (g)}}', [['', 'variable:a, variable:b := word:f | (word:g)', '']]],
  ])('%s', (_, source, expected) => {
    expect(plain(source)).toEqual(expected);
  });

  test('by other delimiters', () => {
    expect(plain('a[[b]]{{c}}', { left: '[[', right: ']]' })).toEqual(['a', ['', 'word:b', ''], '{{c}}']);
  });

  test('and its comments are told as such', () => {
    const [before, after] = lex('{{/* a }} b */}}{{- /* c */ -}}', usual, origin);
    expect(before).toMatchObject({ comment: 'a }} b', tokens: [], trimsBefore: false });
    expect(after).toMatchObject({ comment: 'c', trimsBefore: true, trimsAfter: true });
  });

  test('and each tag tells its line, counted from that of the file it stands in', () => {
    const pieces = lex('a\n\n{{b}}\n{{c}}', usual, { file: 'a.hcl', line: 10 });
    expect(pieces.flatMap((piece) => (piece.kind === 'action' ? [piece.line] : []))).toEqual([12, 13]);
  });
});

test.each<[string, string]>([
  ['a\n{{ b', 'a.ctmpl:2: this {{ is not closed by }}'],
  ['{{ "a }}', 'a.ctmpl:1: unexpected "\\"" in {{ … }}'],
  ['{{ % }}', 'a.ctmpl:1: unexpected "%" in {{ … }}'],
  ['{{/* a */ b}}', 'a.ctmpl:1: a comment must end with */}}'],
])('%j is refused with its line', (source, message) => {
  expect(() => plain(source)).toThrow(message);
});
