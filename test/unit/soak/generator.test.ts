import { expect, test } from 'vitest';
import { type Batch, backends, generate } from '../../soak/generator.ts';
import { after, nothing } from '../../soak/model.ts';
import type { Operation } from '../../soak/operation.ts';

function first(seed: number, count: number): readonly Batch[] {
  return generate(seed).take(count).toArray();
}

test('the same seed gives the same steps, and another seed others', () => {
  expect(first(7, 300)).toEqual(first(7, 300));
  expect(first(8, 10)).not.toEqual(first(7, 10));
});

test('every kind of step comes up, in batches of one and of several', () => {
  const batches = first(3, 2_000);
  const kinds = new Set(batches.flatMap(({ operations }) => operations.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual([
    'crash',
    'empty Consul',
    'end nginx',
    'end upsync',
    'health',
    'join',
    'leave',
    'maintenance',
    'node maintenance',
    'pause',
    'reconfigure upsync',
    'reload nginx',
    'restart Consul',
    'revive',
    'start nginx',
    'start upsync',
    'weight',
  ]);
  const sizes = batches.map(({ operations }) => operations.length);
  expect([Math.min(...sizes), Math.max(...sizes) > 8]).toEqual([1, true]);
});

test('each step can be done when its turn comes, and what is ended or crashed is back before the batch ends', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    let model = nothing;
    for (const { operations } of first(seed, 1_000)) {
      const away = new Set<string>();
      for (const operation of operations) {
        check(operation, model.instances, away);
        model = after(model, operation);
      }
      expect([...away]).toEqual([]);
    }
  }
});

function check(operation: Operation, registered: ReadonlyMap<number, unknown>, away: Set<string>): void {
  const { kind } = operation;
  if ('backend' in operation) {
    expect(operation.backend).toBeLessThan(backends);
    const isThere = registered.has(operation.backend);
    if (kind === 'join') expect(isThere).toBe(false);
    else expect(isThere, kind).toBe(true);
  }
  const [what = '', other = ''] = kind.split(' ');
  const name = kind === 'crash' || kind === 'revive' ? `b${operation.backend}` : other;
  if (kind === 'crash' || what === 'end') {
    expect(away).not.toContain(name);
    away.add(name);
  }
  if (kind === 'revive' || what === 'start') {
    expect(away).toContain(name);
    away.delete(name);
  }
  if (kind === 'empty Consul') expect(operation.again.toSorted()).toEqual([...registered.keys()].sort());
}

test('Consul is not emptied while something leaves: whether that is to come back upsync could not know', () => {
  for (const { operations } of first(6, 3_000)) {
    const kinds = operations.map(({ kind }) => kind);
    expect(kinds.includes('empty Consul') && kinds.includes('leave')).toBe(false);
  }
});

test('upsync is ended in the first part of a season alone, so that it can be seen to grow old', () => {
  const ended = first(5, 1_200).filter(({ operations }) =>
    operations.some(({ kind }) => kind === 'end upsync'),
  );
  const numbers = ended.map(({ number }) => number % 400);
  expect(numbers.length).toBeGreaterThan(5);
  expect(Math.max(...numbers)).toBeLessThan(120);
});
