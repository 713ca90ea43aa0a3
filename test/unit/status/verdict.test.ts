import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import {
  answered,
  configured,
  failed,
  reconciled,
  releaseOf,
  running,
  stateAfter,
  statusAt,
  stopped,
  type Timed,
  well,
} from './told.ts';

const reasons = (after: number, ...events: readonly Timed[]) =>
  statusAt(after, stateAfter(...events)).notReady;

describe('ready', () => {
  test('is who has seen nginx run the release in force, with fresh data', () => {
    expect(statusAt(2_000, stateAfter(...well))).toMatchObject({ ready: true, notReady: [] });
  });

  test('is nobody before Consul has answered for each service, though nginx runs the last release', () => {
    const found: Event = { type: 'found', release: releaseOf('a', 2) };
    expect(reasons(2_000, [0, configured], [1, found], [2, running('a')], [3, answered('api')])).toEqual([
      'service:web1 has not been answered for since upsync started',
    ]);
  });

  test('is nobody whose nginx is not seen to run the release', () => {
    expect(reasons(1_600, ...well, [1_500, stopped])).toEqual(['nginx is not running']);
    expect(reasons(1_600, ...well, [1_500, running('b')])).toEqual(['nginx does not run release a']);
    expect(reasons(1_600, ...well, [1_500, running(undefined)])).toEqual(['nginx does not run release a']);
    expect(reasons(5, [0, configured], [1, answered('web1')], [2, answered('api')])).toEqual([
      'nginx has not been looked at yet',
    ]);
    expect(
      reasons(5, [0, configured], [1, answered('web1')], [2, answered('api')], [3, running('a')]),
    ).toEqual(['there is no release yet']);
  });

  test('is who has lost Consul for a while, and nobody once the data is stale', () => {
    const lost: readonly Timed[] = [...well, [2_000, failed('web1', 2_000)]];
    expect(reasons(12_000, ...lost)).toEqual([]);
    expect(reasons(12_001, ...lost)).toEqual(['service:web1 has failed for 10 s']);
    expect(
      reasons(20_000, ...lost, [15_000, { type: 'answeredSame', query: 'service:web1', index: '8' }]),
    ).toEqual([]);
  });

  test('is nobody whose changes are kept from nginx for as long', () => {
    const rejected = reconciled({ kind: 'rejected', stage: 'render', problems: [{ what: 'x' }] });
    expect(reasons(12_000, ...well, [2_000, rejected])).toEqual([]);
    expect(reasons(12_001, ...well, [2_000, rejected])).toEqual([
      'changes have been kept from nginx for 10 s',
    ]);
  });

  test('is nobody who is stopping', () => {
    expect(reasons(3_000, ...well, [2_000, { type: 'process', state: 'stopping', detail: '' }])).toEqual([
      'upsync is stopping',
    ]);
  });
});

describe('alive', () => {
  const isAlive = (after: number, ...events: readonly Timed[]) =>
    statusAt(after, stateAfter(...events)).alive;

  test('is who looks at nginx every now and then, whatever comes of it', () => {
    expect(isAlive(60_000)).toBe(true);
    expect(isAlive(60_001)).toBe(false);
    expect(isAlive(61_000, [1_000, stopped])).toBe(true);
    expect(isAlive(61_001, [1_000, stopped])).toBe(false);
  });

  test('is nobody whose pass does not end, with time for nginx to prove it twice', () => {
    const began: Event = { type: 'passBegan' };
    const looks: Timed = [90_000, running('a')];
    expect(isAlive(90_000, [0, configured], [20_000, began], looks)).toBe(true);
    expect(isAlive(90_001, [0, configured], [20_000, began], looks)).toBe(false);
    expect(
      isAlive(90_001, [0, configured], [20_000, began], [30_000, reconciled({ kind: 'superseded' })], looks),
    ).toBe(true);
  });

  test('does not ask for Consul', () => {
    expect(isAlive(2_000, [0, configured], [1, failed('web1', 1)], [1_000, running(undefined)])).toBe(true);
  });
});
