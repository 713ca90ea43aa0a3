import { expect, test } from 'vitest';
import { readContenders, write } from '../../../src/consul/contenders.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';

const entry = (Key: string, CreateIndex: number, Session?: string, value = '') => ({
  Key,
  CreateIndex,
  ...(Session === undefined ? {} : { Session }),
  Value: Buffer.from(value).toString('base64'),
});

test('contenders stand in the order in which they came, whatever their keys, and notes not at all', () => {
  const written = write('gw1.example.com', 42, new Date(0));
  expect(JSON.parse(written)).toEqual({
    gateway: 'gw1.example.com',
    pid: 42,
    since: '1970-01-01T00:00:00.000Z',
  });
  const entries = [
    entry('f/a', 30, 'aaaaaaaa-1'),
    entry('f/b', 20, 'bbbbbbbb-2', written),
    entry('f/note', 10),
  ];
  expect(readContenders(entries)).toEqual([
    { session: 'bbbbbbbb-2', name: 'gw1.example.com/42' },
    { session: 'aaaaaaaa-1', name: 'aaaaaaaa' },
  ]);
});

test.each([
  ['no JSON', 'gw1'],
  ['a name that would garble a line', JSON.stringify({ gateway: 'a\u001b[31mb', pid: 1 })],
  ['a name without end', JSON.stringify({ gateway: 'a'.repeat(256), pid: 1 })],
  ['no process', JSON.stringify({ gateway: 'gw1', pid: 'x' })],
])('of whoever writes %s the session is told', (_, value) => {
  expect(readContenders([entry('f/a', 1, '0a1b2c3d-rest', value)])).toEqual([
    { session: '0a1b2c3d-rest', name: '0a1b2c3d' },
  ]);
});

test('what is no answer of Consul is an error', () => {
  expect(() => readContenders([{ Key: 'f/a' }])).toThrow(ProblemError);
});
