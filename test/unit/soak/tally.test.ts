import { expect, test } from 'vitest';
import { Outages } from '../../soak/outages.ts';
import { Periods } from '../../soak/periods.ts';
import { Tally } from '../../soak/tally.ts';
import { answerOf } from '../../soak/verdict.ts';

const served = (...names: string[]) => new Map([['web-down', new Set(names)] as const]);
const by = (name: string) => answerOf({ kind: 'answer', status: 200, body: name, worker: '', tried: '' });
const status = (code: number, tried: string) =>
  answerOf({ kind: 'answer', status: code, body: '', worker: '', tried });

/** Quiet until 100 with b1, then b2 joins and b1 leaves, quiet again from 200. */
function changed() {
  const periods = new Periods();
  const outages = new Outages();
  periods.quiet(0, served('b1'));
  periods.begin(100);
  periods.touch('web-down', ['b1', 'b2']);
  periods.touch('web-down', ['b2']);
  periods.quiet(200, served('b2'));
  return { tally: new Tally(periods, outages), periods, outages };
}

test('an answer is right if it was at any time while the request was under way', () => {
  const { tally } = changed();
  tally.count('web-down', 50, 60, by('b1'));
  tally.count('web-down', 90, 110, by('b2'));
  tally.count('web-down', 190, 250, by('b1'));
  tally.count('web-down', 210, 220, by('b2'));
  expect([tally.answered, tally.wrong, tally.lost]).toEqual([4, [], []]);
});

test('one that left before, or joined after, or never was there is wrong', () => {
  const { tally } = changed();
  tally.count('web-down', 210, 220, by('b1'));
  tally.count('web-down', 50, 60, by('b2'));
  tally.count('web-down', 100, 200, by('b3'));
  expect(tally.wrong.map(({ what }) => what)).toEqual([
    'web-down: b1 answered',
    'web-down: b2 answered',
    'web-down: b3 answered',
  ]);
});

test('503 is right only while nobody was usable', () => {
  const { tally, periods } = changed();
  const none = status(503, '127.1.2.3:20000');
  tally.count('web-down', 120, 130, none);
  expect(tally.lost.map(({ what }) => what)).toEqual(['web-down: nobody answered (503)']);
  periods.begin(300);
  periods.touch('web-down', []);
  tally.count('web-down', 310, 320, none);
  periods.touch('web-down', ['b2']);
  periods.quiet(400, served('b2'));
  tally.count('web-down', 410, 420, none);
  expect([tally.unavailable, tally.lost.length]).toEqual([1, 2]);
});

test('a failure is explained by what the soak had stopped, and by nothing else', () => {
  const { tally, outages } = changed();
  const back = outages.begin('nginx', 210);
  tally.count('web-down', 205, 215, answerOf({ kind: 'failed', why: 'socket hang up' }));
  back(220);
  tally.count('web-down', 221, 230, answerOf({ kind: 'failed', why: 'socket hang up' }));
  outages.begin('127.0.0.1:20001', 300);
  tally.count('web-down', 310, 320, status(502, '127.0.0.1:20002, 127.0.0.1:20001'));
  tally.count('web-down', 310, 320, status(502, '127.0.0.1:20002'));
  expect(tally.explained).toBe(2);
  expect(tally.lost.map(({ what }) => what)).toEqual([
    'web-down: socket hang up',
    'web-down: status 502 after trying 127.0.0.1:20002',
  ]);
});
