import { expect, test } from 'vitest';
import { fail, ok, warn } from '../../../src/check/finding.ts';
import { presentJson, presentText } from '../../../src/check/present.ts';

const plain = { coloured: false, columns: undefined };

const bad = fail('conf', {
  what: 'unknown directive "bogus"',
  where: '/etc/nginx/nginx.conf:3',
  remedy: 'mend it',
});
const odd = warn('reloads', { what: 'worker_shutdown_timeout is not set', remedy: 'set it' });
const good = ok('consul', 'Consul answers');

test('failures come last, right above the verdict, each with its place and remedy', () => {
  expect(presentText([bad, good, odd], plain)).toBe(`ok    consul   Consul answers
warn  reloads  worker_shutdown_timeout is not set
               → set it
fail  conf     unknown directive "bogus"
               /etc/nginx/nginx.conf:3
               → mend it

upsync cannot work like this: 1 failure, 1 warning.
`);
});

test.each([
  [[good], 'All is well.'],
  [[good, odd], 'Works, with 1 warning.'],
  [[odd, odd], 'Works, with 2 warnings.'],
  [[good, bad], 'upsync cannot work like this: 1 failure.'],
])('the last line says what it comes to', (findings, verdict) => {
  expect(presentText(findings, plain)).toMatch(new RegExp(`\\n\\n${RegExp.escape(verdict)}\\n$`));
});

test('on a terminal lines are broken at words, below where they began', () => {
  const long = warn('conf', { what: 'a word and another one', remedy: 'do this or rather that' });
  expect(presentText([long], { coloured: false, columns: 26 })).toBe(`warn  conf  a word and
            another one
            → do this or
              rather that

Works, with 1 warning.
`);
});

test('a word that is longer than the line stays whole', () => {
  const path = `/etc/${'a'.repeat(40)}`;
  expect(presentText([ok('conf', `it is ${path} here`)], { coloured: false, columns: 30 })).toBe(
    `ok    conf  it is\n            ${path}\n            here\n\nAll is well.\n`,
  );
});

test('the level and the verdict have a colour where that is wanted', () => {
  const text = presentText([good, odd], { coloured: true, columns: undefined });
  expect(text).toContain('\u001b[32mok    \u001b[39mconsul ');
  expect(text).toContain('\u001b[33mwarn  \u001b[39mreloads ');
  expect(text).toContain('\u001b[33mWorks, with 1 warning.\u001b[39m\n');
});

test('what somebody registered cannot command the terminal', () => {
  const text = presentText(
    [warn('service', { what: 'web1  a\u001b[2Jb', where: 'c\rd', remedy: 'e\nf' })],
    plain,
  );
  for (const character of ['\u001b', '\r']) expect(text).not.toContain(character);
  expect(text.split('\n')).toHaveLength(6);
});

test('as JSON it is one document, in the same order, with the worst level', () => {
  expect(JSON.parse(presentJson([bad, good]))).toEqual({ level: 'fail', findings: [good, bad] });
  expect(JSON.parse(presentJson([good]))).toEqual({ level: 'ok', findings: [good] });
});
