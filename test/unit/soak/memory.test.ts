import { expect, test } from 'vitest';
import { growth, memoryFaults, type Sample } from '../../soak/memory.ts';

/** A sample each second; memory and files grow by so much a minute. */
function life(pid: number, seconds: number, heap: number, files = 0): Sample[] {
  return Array.from({ length: seconds }, (_, at) => ({
    pid,
    at: at * 1000,
    heap: 30 + (heap * at) / 60,
    rss: 100,
    files: 20 + (files * at) / 60,
  }));
}

test('memory that stays is no fault, whatever it was while it warmed up', () => {
  const warm = life(1, 600, 0).map((one) => (one.at < 20_000 ? { ...one, heap: 10 } : one));
  expect(memoryFaults(warm)).toEqual([]);
  expect(growth(warm)).toMatchObject({ start: { heap: 30 }, end: { heap: 30 }, slope: 0 });
});

test('memory that grows is a fault, and so are files', () => {
  expect(memoryFaults(life(1, 600, 3, 2))).toEqual([
    expect.stringMatching(/^upsync's heap grew by 2\d\.\d MiB, more than/),
    expect.stringMatching(/^upsync holds 1\d\S* files more than at first/),
  ]);
  expect(growth(life(1, 600, 3))?.slope).toBeCloseTo(3);
});

test('the one that lived longest is judged, and none that lived for a minute', () => {
  expect(growth([...life(1, 60, 50), ...life(2, 200, 0)])?.slope).toBe(0);
  expect(growth(life(1, 60, 50))).toBeUndefined();
});

test('what takes too much is a fault at any age', () => {
  expect(memoryFaults([{ pid: 1, at: 0, heap: 30, rss: 1000, files: 20 }])).toEqual([
    expect.stringMatching(/^upsync took 1000 MiB/),
  ]);
});
