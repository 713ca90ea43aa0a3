import { expect, test } from 'vitest';
import { lineOfText, quoteForNginx, textOf } from '../../../src/template/quote.ts';

test.each([
  ['10.0.0.1:80', '10.0.0.1:80'],
  ['[2001:db8::1]:80', '[2001:db8::1]:80'],
  ['a b', '"a b"'],
  ['a;b', '"a;b"'],
  ['a{b}', '"a{b}"'],
  ['a"b', '"a\\"b"'],
  ['a\\b', '"a\\\\b"'],
  ['#a', '"#a"'],
  ["it's", '"it\'s"'],
  ['', '""'],
])('%j is written as %s', (value, written) => {
  expect(quoteForNginx(value)).toBe(written);
});

test.each(['$host', 'a\nb', 'a\u0000b', 'a\u001fb', 'a\u007fb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\tb'])(
  '%j is refused: nginx would not take it literally',
  (value) => {
    expect(() => quoteForNginx(value)).toThrow(/not take literally/);
  },
);

test.each([[undefined], [null], [{}], [[1]], [Number.NaN], [true]])('%j is no text', (value) => {
  expect(() => textOf(value)).toThrow(/only text and numbers/);
});

test.each([['$host'], ['a b; c {d} # "e"'], [''], [7]])('without quoting %j is written as it is', (value) => {
  expect(lineOfText(value)).toBe(String(value));
});

test.each([['a\nb'], ['a\r'], ['a\u0000b'], ['a\u0085b'], ['a\u2028b'], ['a\tb']])(
  'without quoting %j is refused: it would leave its line, or is none',
  (value) => {
    expect(() => lineOfText(value)).toThrow(/control character or the end of a line/);
  },
);
