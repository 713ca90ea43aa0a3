import { expect, test } from 'vitest';
import { type Expected, expect as expected, type Past } from '../../soak/policy.ts';
import type { Registered } from '../../soak/truth.ts';

const one = { Passing: 1, Warning: 1 };
const is = (name: string, state: Registered['state'], weights = one): Registered => ({
  name,
  state,
  weights,
});
const past = (served: string[], changes = 1, usable: string[] = []): Past => ({
  served: new Set(served),
  usable: new Set(usable),
  changes,
});
const sets = ({ must, may, unavailable }: Expected) => [[...must], [...may], unavailable];

test('the healthy instances answer, all of them and nobody else', () => {
  const registered = [
    is('b1', 'passing'),
    is('b2', 'warning'),
    is('b3', 'warning', { Passing: 1, Warning: 0 }),
    is('b4', 'critical'),
    is('b5', 'maintenance'),
  ];
  for (const service of ['web-down', 'web-keep', 'web-drop'] as const) {
    expect(sets(expected(service, registered, past(['b4'])))).toEqual([['b1', 'b2'], ['b1', 'b2'], false]);
  }
});

test('without any, nobody answers for down and drop', () => {
  for (const service of ['web-down', 'web-drop'] as const) {
    expect(sets(expected(service, [is('b1', 'critical')], past(['b1'])))).toEqual([[], [], true]);
  }
});

test('keep has those that answered last and are registered still, but for maintenance', () => {
  const registered = [is('b1', 'critical'), is('b2', 'critical'), is('b3', 'maintenance')];
  expect(sets(expected('web-keep', registered, past(['b1', 'b3', 'b4'])))).toEqual([['b1'], ['b1'], false]);
  expect(sets(expected('web-keep', registered, past(['b3', 'b4'])))).toEqual([[], [], true]);
});

test('after several changes in a row, keep has any of those that upsync may have come to see', () => {
  const registered = [is('b1', 'critical'), is('b2', 'critical'), is('b3', 'critical')];
  const found = expected('web-keep', registered, past(['b1'], 2, ['b2']));
  expect(sets(found)).toEqual([[], ['b1', 'b2'], true]);
});
