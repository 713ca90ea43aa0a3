import { expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { metricsOf } from '../../../src/status/metrics.ts';
import { statusSchema } from '../../../src/status/schema.ts';
import { statusText } from '../../../src/status/text.ts';
import { release } from '../pipeline/fakes.ts';
import { configured, stateAfter, statusAt, type Timed, well } from './told.ts';

const of = (unit: string, event: Event): Event => ({ type: 'unit', unit, event });
const ended = (
  unit: string,
  outcome: Outcome,
  notices: Extract<Event, { type: 'reconciled' }>['notices'] = [],
) => of(unit, { type: 'reconciled', outcome, notices });
const published = (digest: string): Outcome => ({
  kind: 'published',
  release: release(digest),
  proof: { kind: 'proven', by: 'command' },
  changes: [],
  warnings: [],
  steps: {},
});
const refused: Outcome = {
  kind: 'rejected',
  stage: 'test',
  problems: [{ what: 'no', where: 'units.x.test' }],
};
const units: Timed = [1_000, { ...configured, units: ['x', 'y'] }];
const after = (...events: readonly Timed[]) => statusAt(5_000, stateAfter(...well, units, ...events));

test('whatever becomes of a unit, nothing that is said of nginx changes', () => {
  const { units: _, warnings: __, problems: ___, counts: before, ...nginx } = after();
  const others = after(
    [2_000, of('x', { type: 'passBegan' })],
    [2_000, of('x', { type: 'found', release: release('d0') })],
    [2_000, ended('x', published('d1'))],
    [2_100, of('x', { type: 'applied', digest: 'd1', proof: 'unproven' })],
    [2_200, ended('x', refused)],
    [
      2_300,
      ended('x', { kind: 'rolledBack', release: release('d2'), to: undefined, problem: { what: 'no' } }),
    ],
    [2_400, ended('x', { kind: 'failed', step: 'publish', problem: { what: 'no' } })],
    [2_500, ended('x', { kind: 'held', why: 'soon', until: 9_000 })],
    [2_600, of('x', { type: 'problem', problem: { what: 'torn' } })],
  );
  expect(others).toMatchObject(nginx);
  expect(others.counts).toEqual({ ...before, problems: before.problems + 1 });
  expect(others.problems.at(-1)).toMatchObject({ problem: { what: 'x: torn' } });
});

test('a unit is up to date once it was told, until a change is kept from it, and again', () => {
  const told: Timed = [2_000, ended('x', published('d1'))];
  expect(after().units).toMatchObject({ x: { upToDate: false, release: null }, y: { upToDate: false } });
  expect(after(told).units.x).toEqual({
    upToDate: true,
    release: { digest: 'd1', at: 1_002_000 },
    blocked: null,
    lacking: [],
    passes: { published: 1 },
  });
  const kept = after(told, [3_000, ended('x', refused)], [4_000, ended('x', refused)]);
  expect(kept.units.x).toMatchObject({
    upToDate: false,
    release: { digest: 'd1' },
    blocked: { by: 'rejected', at: 'test', since: 1_003_000, times: 2 },
  });
  expect(kept.warnings).toContain(
    'x: the newest change is rejected at test, for 2.0 s now: units.x.test: no',
  );
  expect(kept.ready).toBe(after(told).ready);
  const well = after(
    told,
    [3_000, ended('x', refused)],
    [4_000, ended('x', { kind: 'unchanged', release: release('d1') })],
  );
  expect(well.units.x).toMatchObject({
    upToDate: true,
    release: { digest: 'd1', at: 1_002_000 },
    blocked: null,
  });
});

test('templates that are put aside are a warning, and not up to date', () => {
  const status = after([
    2_000,
    ended('x', { kind: 'unchanged', release: release('d1') }, [{ kind: 'aside', reason: 'torn' }]),
  ]);
  expect(status.units.x).toMatchObject({ upToDate: false });
  expect(status.warnings).toContain('x: the newest templates are put aside: torn');
});

test('a unit that is configured no more is told of no more', () => {
  const status = after([2_000, ended('y', published('d1'))], [3_000, { ...configured, units: ['y'] }]);
  expect(status.units).toEqual({ y: expect.objectContaining({ release: { digest: 'd1', at: 1_002_000 } }) });
  expect(after([3_000, configured]).units).toEqual({});
});

test('the status is as its schema says, and its text and metrics name each unit', async () => {
  const status = after([2_000, ended('x', published('d1'))], [3_000, ended('y', refused)]);
  expect(statusSchema.parse(status)).toEqual(status);
  expect(statusText(status)).toContain(`UNIT  RELEASE  SINCE      STATE
x     d1       3.0 s ago  up to date
y     -        -          rejected at test
`);
  const metrics = await metricsOf(status);
  expect(metrics).toContain('upsync_unit_current{unit="x"} 1\nupsync_unit_current{unit="y"} 0\n');
  expect(metrics).toContain('upsync_unit_change_blocked_seconds{unit="y"} 2\n');
  expect(metrics).toContain('upsync_unit_passes_total{unit="x",outcome="published"} 1\n');
  expect(metrics).toContain('upsync_unit_passes_total{unit="y",outcome="rejected"} 1\n');
});

test('what its templates wait for is a warning, until they have it', () => {
  const told: Timed = [2_000, ended('x', published('d1'))];
  const lacking: Timed = [
    3_000,
    ended('x', { kind: 'lacking', missing: ['key app/port'], since: 1_003_000 }),
  ];
  const status = after(told, lacking);
  expect(status.units.x).toMatchObject({ upToDate: false, lacking: ['key app/port'], blocked: null });
  expect(status.warnings).toContain('x: waiting for key app/port, which templates ask for');
  expect(statusText(status)).toMatch(/\nx +d1 +3\.0 s ago +waits for key app\/port\n/);
  expect(status.ready).toBe(after(told).ready);
  expect(after(told, lacking, [4_000, ended('x', published('d2'))]).units.x).toMatchObject({
    upToDate: true,
    lacking: [],
  });
});
