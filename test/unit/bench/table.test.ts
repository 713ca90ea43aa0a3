import { expect, test } from 'vitest';
import type { Measurement } from '../../../bench/report/results.ts';
import { cell, figure, markdown, plain, tableOf } from '../../../bench/report/table.ts';

const measured = (more: Partial<Measurement>): Measurement => ({
  ...{ tool: 'upsync', of: '', what: 'change', unit: 'ms', runs: [] },
  ...more,
});

const section = (...measurements: Measurement[]) => ({
  ...{ at: '', seconds: 1, versions: {}, machine: '', notes: [] },
  measurements,
});

test('figures have three digits, and commas', () => {
  expect([0, 0.0512, 2.5, 2.04, 12.34, 84.6, 123.4, 2_000_000].map(figure)).toEqual([
    '0',
    '0.05',
    '2.50',
    '2.04',
    '12.3',
    '84.6',
    '123',
    '2,000,000',
  ]);
});

test('a cell has the median, the spread of the runs, and the far end of many values', () => {
  expect(
    cell(
      measured({
        runs: [
          [80, 90, 85],
          [82, 84, 200],
        ],
      }),
    ),
  ).toBe('84.5 (84–85), at most 200 ms');
  expect(cell(measured({ runs: [[3], [4], [3]], unit: '' }))).toBe('3 (3–4)');
  expect(cell(measured({ runs: [[3]], unit: '%' }))).toBe('3 %');
});

test('a cell without a value says why, or nothing', () => {
  expect(cell(measured({ absent: 'not measured' }))).toBe('not measured');
  expect(cell(measured({}))).toBe('');
  expect(cell(undefined)).toBe('');
});

test('a table has a row for each figure, a column for each tool, upsync first', () => {
  const table = tableOf(
    section(
      measured({ tool: 'other', runs: [[2]] }),
      measured({ runs: [[1]] }),
      measured({ of: 'large', runs: [[10]] }),
      measured({ tool: 'other', what: 'memory', unit: 'MiB', runs: [[5]] }),
    ),
  );
  expect(table).toEqual({
    head: ['', 'upsync', 'other'],
    rows: [
      { what: 'change', cells: ['1 ms', '2 ms'] },
      { what: 'memory', cells: ['', '5 MiB'] },
      { what: 'large: change', cells: ['10 ms', ''] },
    ],
  });
});

test('it stands in columns on a terminal, and in bars in a README', () => {
  const table = { head: ['', 'a', 'b'], rows: [{ what: 'long name', cells: ['1', '2'] }] };
  expect(plain(table)).toBe('           a  b\nlong name  1  2');
  expect(markdown(table)).toBe('|  | a | b |\n| --- | --- | --- |\n| long name | 1 | 2 |');
});
