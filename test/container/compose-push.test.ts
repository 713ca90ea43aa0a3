import { beforeAll, expect, test } from 'vitest';
import { ask } from '../support/gateway.ts';
import { docker, logOf } from './support/docker.ts';
import { scaledUnderLoad } from './support/instances.ts';
import { buildServices } from './support/services-image.ts';
import { buildForPush } from './support/sidecar-image.ts';
import { type Stack, startStack } from './support/stack.ts';

beforeAll(async () => {
  await buildForPush();
  await buildServices();
});

test('with VIA=push the whole environment scales to three and back with no reload and no request lost', async () => {
  const env = { COMPOSE_PROFILES: 'machine', DRAIN_SECONDS: '3' };
  await using stack = await startStack({ env, via: 'push' });
  const url = `http://${await stack.address('gateway')}:8080`;
  const checked = await stack.compose('exec', '-T', 'upsync', 'upsync', 'check');
  expect(checked).toMatch(/^ok +via +servers come and go with no reload/m);
  expect(checked).toMatch(/^ok +workers +nginx's workers \(\w+\) may read \/etc\/nginx\/upsync$/m);
  const before = await seen(stack);

  await scaledUnderLoad(stack, url);

  const after = await seen(stack);
  expect(after.pids).toEqual(before.pids);
  expect(after.reloads).toBe(before.reloads);
  const { ready, release, counts: came } = await status(stack);
  expect({ ready, digests: after.digests }).toEqual({ ready: true, digests: [release.digest] });
  expect(came).toMatchObject({ reloads: {}, pushes: { proven: expect.any(Number) } });
  expect(came.pushes.proven).toBeGreaterThanOrEqual(3);
});

/** Of the gateway's nginx: its workers, as the engine sees them and by what they say, and how often it was reloaded. */
async function seen(stack: Stack) {
  const [id = ''] = await stack.ids('gateway');
  const rows = (await docker('top', id, '-eo', 'pid,args')).split('\n');
  const workers = rows.filter((row) => /nginx: worker process/.test(row));
  const url = `http://${await stack.address('gateway')}:9466/upsync/release`;
  const said = await Promise.all(Array.from({ length: 32 * workers.length }, () => ask(url)));
  const words = said.map(({ body }) => body.split(' '));
  const reloads = (await logOf(id)).match(/reconfiguring$/gm)?.length ?? 0;
  const told = (at: number) => [...new Set(words.map((all) => all[at]))].toSorted();
  expect(told(0)).toHaveLength(workers.length);
  return { pids: [workers, told(0)], digests: told(1), reloads };
}

async function status(stack: Stack) {
  return JSON.parse(await stack.compose('exec', '-T', 'upsync', 'upsync', 'status', '--json'));
}
