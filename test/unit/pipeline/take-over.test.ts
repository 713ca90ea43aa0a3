import { expect, test } from 'vitest';
import { freshMemory } from '../../../src/pipeline/memory.ts';
import type { Mode } from '../../../src/pipeline/pipeline.ts';
import { reconcile } from '../../../src/pipeline/reconcile.ts';
import { release, type Stage, stage, unproven } from './fakes.ts';
import { registrations, snapshot } from './given.ts';

const digest = 'web1:10.0.0.1';

/** A stage on which a file outside of the managed folder is to come to be. */
function ready(): Stage {
  const on = stage();
  on.answers = snapshot({ web1: registrations(1) });
  on.pipeline.releases.adopt = async () => {
    on.done.push(`adopt ${on.live?.digest}`);
    return on.live !== undefined;
  };
  return on;
}

async function pass(on: Stage, mode: Mode = 'apply') {
  const memory = freshMemory(on.clock.now());
  return (await reconcile(on.pipeline, memory, mode, new AbortController().signal)).outcome;
}

test('links come to be before the release is published that has files for them', async () => {
  const on = ready();
  on.live = on.proven = release('before');
  await pass(on);
  const steps = ['stage', 'test', 'adopt before', 'publish', `apply ${digest}`, `proven ${digest}`];
  expect(on.done).toEqual(steps);
});

test('where no release is live, one without a file of ours comes first, and nginx is not asked to run it', async () => {
  const on = ready();
  await pass(on);
  const nothing = ['adopt undefined', 'stage', 'test', 'publish', 'adopt '];
  const steps = ['stage', 'test', ...nothing, 'publish', `apply ${digest}`, `proven ${digest}`];
  expect(on.done).toEqual(steps);
});

test('that one is what nginx goes back to where it does not come to run the release', async () => {
  const on = ready();
  on.proofs = [unproven, { kind: 'stopped' }];
  expect(await pass(on)).toMatchObject({ kind: 'rolledBack', to: { digest: '' } });
  expect(on.done).toContain('rollBack ');
});

test('where nginx does not take even that, nothing is there to be kept up: the links come with the release', async () => {
  const on = ready();
  const verdicts = [
    { kind: 'accepted', warnings: [] },
    { kind: 'refused', problems: [] },
  ] as const;
  let tests = 0;
  on.pipeline.gateway.test = async () => verdicts[tests++] ?? verdicts[1];
  expect((await pass(on)).kind).toBe('published');
  expect(on.done.filter((step) => step !== 'stage')).toEqual([
    'adopt undefined',
    'discard',
    'publish',
    `apply ${digest}`,
    `proven ${digest}`,
  ]);
});

test.each<Mode>(['apply', 'dry'])(
  'what keeps a link from coming to be refuses the candidate (%s)',
  async (mode) => {
    const on = ready();
    const problem = { what: 'there is no such folder', where: '/none/a.conf' };
    on.pipeline.releases.obstacles = async () => [problem];
    expect(await pass(on, mode)).toEqual({ kind: 'rejected', stage: 'test', problems: [problem] });
    expect(on.done).not.toContain('publish');
  },
);
