import { describe, expect, test } from 'vitest';
import { type Input, type Supervised, signalFor, supervise } from '../../../src/pipeline/supervise.ts';

const running: Supervised = { kind: 'running', pid: 7 };
const quitting: Supervised = { kind: 'stopping', pid: 7, stage: 'quit', until: 31_000 };
const stop = (now: number, patience?: number): Input => ({ type: 'stop', now, patience });
const tick = (now: number): Input => ({ type: 'tick', now });
const ended = (code: number, signal?: string): Input => ({ type: 'ended', code, signal });

/** The states that inputs lead through, and what nginx is sent. */
function course(first: Supervised, ...inputs: readonly Input[]) {
  let state = first;
  const sent: (string | undefined)[] = [];
  for (const input of inputs) {
    const next = supervise(state, input);
    sent.push(next === state ? undefined : signalFor(state, next));
    state = next;
  }
  return { state, sent: sent.filter((signal) => signal !== undefined) };
}

describe('a start', () => {
  test('waits for a release, and looks whether nginx stands already', () => {
    expect(course({ kind: 'waiting' }, { type: 'started', pid: 7 }).state).toEqual({ kind: 'waiting' });
    expect(course({ kind: 'waiting' }, { type: 'startable' }).state).toEqual({ kind: 'starting' });
    expect(course({ kind: 'starting' }, { type: 'startable' }).state).toEqual({ kind: 'starting' });
    expect(course({ kind: 'starting' }, { type: 'started', pid: 7 }).state).toEqual(running);
  });

  test('follows an nginx that stands, and starts one once that is gone', () => {
    const { state, sent } = course({ kind: 'starting' }, { type: 'found', pid: 5 });
    expect({ state, sent }).toEqual({ state: { kind: 'adopted', pid: 5 }, sent: [] });
    expect(course(state, { type: 'gone' }).state).toEqual({ kind: 'starting' });
  });

  test('that comes to nothing ends it, with the code of that', () => {
    const { state } = course({ kind: 'starting' }, { type: 'notStarted', code: 127 });
    expect(state).toEqual({ kind: 'ended', code: 127, why: 'not started' });
  });
});

describe('an nginx that ends by itself', () => {
  test.each([0, 1, 137])('ends it with code %j', (code) => {
    const { state } = course(running, ended(code, code === 137 ? 'SIGKILL' : undefined));
    expect(state).toEqual({ kind: 'ended', code, why: 'by itself' });
  });
});

describe('a stop', () => {
  test('drains nginx, cuts its requests off past the time for that, and kills it past a few seconds', () => {
    expect(course(running, stop(1_000, 30_000))).toEqual({ state: quitting, sent: ['SIGQUIT'] });
    expect(course(quitting, tick(30_999)).state).toBe(quitting);
    const terming = { ...quitting, stage: 'term', until: 36_000 };
    expect(course(quitting, tick(31_000))).toEqual({ state: terming, sent: ['SIGTERM'] });
    const killing = { ...quitting, stage: 'kill', until: undefined };
    expect(course(quitting, tick(31_000), tick(36_000))).toEqual({
      state: killing,
      sent: ['SIGTERM', 'SIGKILL'],
    });
    expect(course(quitting, tick(31_000), tick(36_000), tick(99_000)).sent).toHaveLength(2);
  });

  test('that is asked for again goes a stage further', () => {
    const hurry: Input = { type: 'hurry', now: 2_000 };
    expect(course(running, hurry).state).toBe(running);
    expect(course(quitting, hurry, hurry, hurry).sent).toEqual(['SIGTERM', 'SIGKILL']);
  });

  test('without a limit takes as long as it takes, until one is set', () => {
    const { state } = course(running, stop(1_000), tick(10 ** 9));
    expect(state).toEqual({ ...quitting, until: undefined });
    expect(course(state, stop(1_000, 30_000))).toEqual({ state: quitting, sent: [] });
    expect(course(quitting, stop(5_000, 60_000)).state).toBe(quitting);
  });

  test.each<{ how: string; input: Input; code: number }>([
    { how: 'drained', input: ended(0), code: 0 },
    { how: 'was not ready to drain yet', input: ended(131, 'SIGQUIT'), code: 0 },
    { how: 'was cut off', input: ended(143, 'SIGTERM'), code: 0 },
    { how: 'had to be killed', input: ended(137, 'SIGKILL'), code: 137 },
    { how: 'failed on its way', input: ended(1), code: 1 },
  ])('of one that $how ends with code $code', ({ input, code }) => {
    expect(course(quitting, input).state).toEqual({ kind: 'ended', code, why: 'asked' });
  });

  test.each<Supervised>([{ kind: 'waiting' }, { kind: 'starting' }, { kind: 'adopted', pid: 5 }])(
    'of one that is $kind ends it at once, and sends nothing',
    (state) => {
      expect(course(state, stop(1_000, 30_000), { type: 'started', pid: 7 }, { type: 'gone' })).toEqual({
        state: { kind: 'ended', code: 0, why: 'left' },
        sent: [],
      });
    },
  );
});
