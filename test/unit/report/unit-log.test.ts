import { expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { createLog } from '../../../src/report/log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { release } from '../pipeline/fakes.ts';

const clock = manualClock(1_000_000);

function told() {
  const lines: string[] = [];
  const fields: unknown[] = [];
  const log = createLog((line) => {
    lines.push(`${line.level} ${line.text}`);
    fields.push(line.fields);
  }, clock);
  const note = (event: Event, unit = 'x') => log({ type: 'unit', unit, event });
  const ended = (outcome: Outcome, unit?: string) => note({ type: 'reconciled', outcome, notices: [] }, unit);
  return { lines, fields, note, ended };
}

const problem = { what: 'no', where: 'units.x.test' };
const rejected: Outcome = { kind: 'rejected', stage: 'test', problems: [problem] };

test('each line begins with the name of the unit, and its fields hold it', () => {
  const { lines, fields, note, ended } = told();
  ended(rejected);
  ended({ kind: 'rolledBack', release: release('d2'), to: release('d1'), problem });
  ended({ kind: 'rolledBack', release: release('d2'), to: release('original'), problem });
  ended({ kind: 'failed', step: 'publish', problem });
  ended({
    kind: 'published',
    release: release('d3'),
    proof: { kind: 'proven', by: 'command' },
    changes: [],
    warnings: [],
    steps: { test: 4, prove: 30 },
  });
  ended({
    kind: 'published',
    release: release('d4'),
    proof: { kind: 'proven', by: 'files' },
    changes: [],
    warnings: [],
    steps: { test: 4, prove: 1 },
  });
  note({ type: 'problem', problem: { what: 'torn', where: '/t.eta:1' } });
  expect(lines).toEqual([
    'error x  rejected at test, its files stay as they are: units.x.test: no',
    'error x  rolled back to release d1: units.x.test: no',
    'error x  rolled back to the files from before upsync: units.x.test: no',
    'error x  failed at publish, tried again soon: units.x.test: no',
    'info x  release d3 is in place (test 4 ms, reload 30 ms)',
    'info x  release d4 is in place (test 4 ms, write 1 ms)',
    'error x  /t.eta:1: torn',
  ]);
  expect(fields).toEqual(Array.from({ length: 7 }, () => expect.objectContaining({ unit: 'x' })));
});

test('what lasts is said once a minute, by each unit for itself, and anew once it was well', async () => {
  const { lines, ended } = told();
  ended(rejected);
  ended(rejected);
  ended(rejected, 'y');
  expect(lines).toHaveLength(2);
  await clock.advance(60_000);
  ended(rejected);
  expect(lines).toHaveLength(3);
  ended({ kind: 'unchanged', release: release('d1') });
  ended(rejected);
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(4);
});

test('that Consul is waited for is said of nginx alone', () => {
  const { lines, note, ended } = told();
  ended({ kind: 'waiting', missing: ['web1'], since: 0, until: 2_000_000 });
  ended({ kind: 'unchanged', release: release('d1') });
  note({ type: 'passBegan' });
  note({ type: 'applied', digest: 'd1', proof: 'proven' });
  expect(lines).toEqual(['debug x  nothing to change']);
});

test('what its templates wait for, and what is odd, is said as it begins', () => {
  const { lines, note, ended } = told();
  const lacking: Outcome = { kind: 'lacking', missing: ['key app/port'], since: 0 };
  ended(lacking);
  ended(lacking);
  const outcome: Outcome = { kind: 'unchanged', release: release('d1') };
  const odd: Event = { type: 'reconciled', outcome, notices: [{ kind: 'aside', reason: 'torn' }] };
  note(odd);
  note(odd);
  expect(lines.filter((line) => !line.startsWith('debug'))).toEqual([
    'warn x  waiting for key app/port, which templates ask for; its files stay as they are',
    'warn x  the newest templates are put aside: torn',
  ]);
});
