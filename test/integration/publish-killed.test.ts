import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { via } from '../bed/via.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { ask, gateway, killAll, steadily, tally } from '../support/gateway.ts';
import { flagsOf, launch, outputOf, startUpsync } from '../support/upsync.ts';

const run = promisify(execFile);
const driver = 'test/support/killed-upsync.ts';

/** What nginx's death means: it goes on while upsync is away, or it is killed as well and started again. */
type Fate = 'goes on' | 'is killed too';

interface Scene {
  readonly consul: Consul;
  readonly one: Backend;
  readonly two: Backend;
}

/** One case: everything of its own but Consul and the backends. */
async function killAt(step: number, publish: 'first' | 'second', fate: Fate, { consul, one, two }: Scene) {
  const service = `web-${step}`;
  const id = (backend: Backend) => ({ id: `${service}-${backend.name}` });
  await using nginx = await startNginx(gateway());
  const place = { consul, nginx };
  const url = `${nginx.url}/${service}`;
  const args = [...flagsOf(place), '--service', service];
  await consul.register(one.as(service, id(one)));
  if (publish === 'second') expect(await launch(driver, ['0', ...args]).ended).toMatchObject({ code: 0 });
  await consul.register(two.as(service, id(two)));

  const client = steadily(publish === 'second' ? url : nginx.url, 5);
  await using killed = launch(driver, [String(step), ...args]);
  const { signal } = await killed.ended;
  const steps = killed.lines.map(({ msg }) => msg);
  if (signal === 'SIGKILL') expect(steps).toHaveLength(step);

  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  if (fate === 'is killed too') {
    // Nobody answers meanwhile.
    await client.stop();
    await killAll(nginx);
    await nginx.start();
  }
  expect((await ask(nginx.url)).body).toBe('gateway');
  if (publish === 'second') expect((await ask(url)).status).toBe(200);

  await using upsync = startUpsync(place, '--service', service);
  await Promise.race([upsync.next('published'), upsync.next('unchanged')]);
  // The death and the return cost nobody anything.
  if (fate === 'goes on') {
    const answers = Object.keys(await client.stop());
    expect(answers.filter((answer) => !['gateway', 'one', 'two'].includes(answer))).toEqual([]);
  }
  expect(await tally(url, 4)).toEqual({ one: 2, two: 2 });
  const output = outputOf(nginx);
  expect(await readlink(join(output, 'current'))).toBe(await readlink(join(output, 'proven')));
  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  return { steps, signal };
}

async function killAtEach(publish: 'first' | 'second', fate: Fate): Promise<readonly string[]> {
  const temporary = await mkdtemp(join(tmpdir(), 'upsync-killed-'));
  // Workers of another user go through it to what they serve.
  await chmod(temporary, 0o755);
  vi.stubEnv('TMPDIR', temporary);
  try {
    await using consul = await startConsul();
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    const scene = { consul, one, two };
    const { steps, signal } = await killAt(0, publish, fate, scene);
    expect(signal).toBeNull();
    const numbers = steps.map((_, index) => index + 1);
    // Two at once, as there are cores.
    const worker = async () => {
      for (let step = numbers.shift(); step !== undefined; step = numbers.shift()) {
        const result = await killAt(step, publish, fate, scene).catch((error) => {
          throw new Error(`killed at step ${step}, ${steps[step - 1]}`, { cause: error });
        });
        expect(result).toEqual({ steps: steps.slice(0, step), signal: 'SIGKILL' });
      }
    };
    // Each to its end, or one would go on behind a failure of the other.
    const faults = (await Promise.allSettled([worker(), worker()])).filter(
      (end) => end.status === 'rejected',
    );
    for (const { reason } of faults) throw reason;
    return steps;
  } finally {
    vi.unstubAllEnvs();
    await rm(temporary, { recursive: true, force: true });
  }
}

const lastSteps = [
  'publish',
  'reloaded',
  'before symlink proven',
  'before rename proven',
  ...(via === 'push' ? ['before rename peers'] : []),
  'prove proven',
  'prove',
];

/** By push: a release's peers, and its links to a configuration that others may have too. */
const writing = via === 'push' ? ['before write peers'] : [];
const linking = via === 'push' ? ['before symlink http.conf', 'before symlink stream.conf'] : [];
/** Code and configuration, before the first release that names them. */
const laying = via === 'push' ? ['before rm HASH', 'before rename HASH'] : [];

for (const fate of ['goes on', 'is killed too'] as const) {
  test(`upsync killed at any step of its first release, and nginx ${fate}: nginx can start and the next start converges`, async () => {
    expect(await killAtEach('first', fate)).toEqual([
      'render',
      ...writing,
      ...laying,
      ...laying,
      ...linking,
      'stage',
      'test',
      'before symlink current',
      'before rename current',
      'publish current',
      'before symlink upsync.conf',
      'before rename upsync.conf',
      'publish upsync.conf',
      'before symlink upsync.conf',
      'before rename upsync.conf',
      'publish upsync.conf',
      ...lastSteps,
    ]);
  }, 90_000);

  test(`upsync killed at any step of a further release, and nginx ${fate}: nginx can start and the next start converges`, async () => {
    expect(await killAtEach('second', fate)).toEqual([
      'render',
      ...writing,
      ...linking,
      'stage',
      'test',
      'before symlink current',
      'before rename current',
      'publish current',
      ...lastSteps,
    ]);
  }, 90_000);
}
