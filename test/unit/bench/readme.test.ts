import { expect, test } from 'vitest';
import { headline } from '../../../bench/report/headline.ts';
import { begin, between, end } from '../../../bench/report/readme.ts';

test('figures go between the marks, and take the place of older ones', () => {
  const readme = `above\n${begin}\n\nold\n\n${end}\nbelow\n`;
  const once = between(readme, 'new');
  expect(once).toBe(`above\n${begin}\n\nnew\n\n${end}\nbelow\n`);
  expect(between(once, 'newer')).toBe(`above\n${begin}\n\nnewer\n\n${end}\nbelow\n`);
});

test('a README without marks, or with marks in the wrong order, is left alone', () => {
  expect(() => between('text', 'new')).toThrow('README.md lacks');
  expect(() => between(`${end}\n${begin}`, 'new')).toThrow('README.md lacks');
});

test('the table of the README has the rows for which there is a figure or a reason', () => {
  const key = { of: '', what: 'reloads', unit: '' };
  const measurements = [
    { ...key, tool: 'upsync', runs: [[3]] },
    { ...key, tool: 'consul-template', runs: [], absent: 'not measured: no consul-template here' },
  ];
  const burst = { at: '', seconds: 1, versions: {}, machine: '', notes: [], measurements };
  expect(headline({ burst }).rows).toEqual([
    { what: '50 joins 20 ms apart: reloads', cells: ['3', '', 'not measured: no consul-template here'] },
  ]);
});
