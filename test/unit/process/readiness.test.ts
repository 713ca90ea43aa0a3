import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { notReady, tell } from '../../../src/process/readiness.ts';
import { release } from '../pipeline/fakes.ts';

const a = release('aaaaaaaaaaaaaaaa');
const b = release('bbbbbbbbbbbbbbbb');

const pass = (outcome: Outcome): Event => ({ type: 'reconciled', outcome, notices: [] });
const unchanged = (of = a) => pass({ kind: 'unchanged', release: of });
const process = (state: Extract<Event, { type: 'process' }>['state']): Event => ({
  type: 'process',
  state,
  detail: '',
});
const runs = (digest: string | undefined): Event => ({
  type: 'observed',
  running: { kind: 'running', digest, draining: 0 },
});
const stopped: Event = { type: 'observed', running: { kind: 'stopped' } };
const rejected = pass({ kind: 'rejected', stage: 'test', problems: [{ what: 'no' }] });
const waiting = pass({ kind: 'waiting', missing: ['web1'], since: 0, until: 1 });
const problem: Event = { type: 'problem', problem: { what: 'no' } };

/** What each event has said, line by line. */
function said(starts: boolean, ...events: readonly Event[]): (readonly string[])[] {
  let state = notReady;
  return events.map((event) => {
    const told = tell(state, event, starts, () => 42n);
    state = told.state;
    return told.say;
  });
}

const ready = (digest: string) => ['READY=1', `STATUS=nginx runs release ${digest}`];
const placed = (digest: string) => ['READY=1', `STATUS=in place for nginx to start with: release ${digest}`];

describe('beside an nginx of others', () => {
  test('it is ready once a release is in place, whether nginx runs or not, and says so once', () => {
    expect(said(false, stopped, waiting, rejected, unchanged(), unchanged(b), runs(b.digest))).toEqual([
      [],
      [],
      [],
      placed(a.digest),
      [],
      [],
    ]);
    expect(said(false, runs(a.digest), unchanged()).at(-1)).toEqual(ready(a.digest));
  });
});

describe('with an nginx that it starts', () => {
  test('it is ready once that was seen to run the release', () => {
    expect(said(true, unchanged(), stopped, runs(undefined), runs(b.digest), runs(a.digest))).toEqual([
      [],
      [],
      [],
      [],
      ready(a.digest),
    ]);
  });

  test('a reload that was proven shows it as well', () => {
    const proof = { kind: 'proven', by: 'processes', workers: 1, draining: 0 } as const;
    const published = { kind: 'published', release: b, proof, changes: [], warnings: [], steps: {} } as const;
    expect(said(true, pass(published))).toEqual([ready(b.digest)]);
  });
});

describe('SIGHUP', () => {
  const begun = ['RELOADING=1', 'MONOTONIC_USEC=42', 'STATUS=reading the configuration anew'];

  test('is over once the new configuration has led to a release', () => {
    const events = [process('reconfiguring'), waiting, process('reconfigured'), rejected, unchanged(b)];
    expect(said(false, unchanged(), ...events).slice(1)).toEqual([begun, [], [], [], placed(b.digest)]);
  });

  test('is not over by a pass of the configuration before', () => {
    const events = [process('reconfiguring'), unchanged(), process('reconfigured'), unchanged(b)];
    expect(said(false, unchanged(), ...events).slice(1)).toEqual([begun, [], [], placed(b.digest)]);
  });

  test('is over at once where that is not used', () => {
    const events = [process('reconfiguring'), problem, process('notReconfigured'), problem];
    expect(said(false, unchanged(), ...events).slice(1)).toEqual([
      begun,
      // Such as a template that does not render: it says nothing of the configuration.
      [],
      ['READY=1', 'STATUS=the new configuration is not used'],
      [],
    ]);
  });

  test('is nothing to tell before it was ever ready', () => {
    expect(said(false, process('reconfiguring'), unchanged())).toEqual([[], placed(a.digest)]);
  });
});

test('the end is said once, and nothing after it', () => {
  const events = [process('stopping'), process('stopping'), unchanged(b), process('stopped')];
  expect(said(false, ...events)).toEqual([['STOPPING=1', 'STATUS=stopping'], [], [], []]);
});
