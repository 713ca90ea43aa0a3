import { chmod, mkdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { check } from '../support/check.ts';
import { isRoot } from '../support/disk.ts';
import { gateway, reloads } from '../support/gateway.ts';
import { outputOf, startUpsync } from '../support/upsync.ts';

const load = luaBuild()?.load;
/** Only a master that is root has workers of another user: here www-data, as the bed has it. */
const canTell = load !== undefined && isRoot;

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul();
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
});
afterAll(() => consul?.[Symbol.asyncDispose]());

const withLua = () => gateway({ main: load ?? '' });
const push = ['--via', 'push', '--nginx-proof-timeout', '1s'];
const follow = ['--service', 'web1', ...push];

test.skipIf(!canTell)(
  'a managed folder that workers cannot search is named, nothing gets live by it, and the remedy helps',
  async () => {
    await using nginx = await startNginx(withLua());
    const output = outputOf(nginx);
    await mkdir(output, { mode: 0o700 });

    const closed = await check({ consul, nginx }, ...push);
    expect(closed).toMatchObject({
      code: 1,
      failed: [
        {
          topic: 'workers',
          what: "nginx's workers, which run as www-data, may not search this: they cannot take new servers",
          where: output,
          remedy: `chmod o+x ${output}`,
        },
      ],
    });
    // It is not even tried: such workers would answer 500 to all.
    await using upsync = startUpsync({ consul, nginx }, ...follow);
    expect(await upsync.next('rejected')).toMatchObject({
      msg: expect.stringContaining("nginx's workers, which run as www-data, may not search this"),
    });
    expect(await reloads(nginx)).toBe(0);
    await chmod(output, 0o711);
    await upsync.next('published');
    const { code, failed, about } = await check({ consul, nginx }, ...push);
    expect({ code, failed, told: about('workers') }).toEqual({
      code: 0,
      failed: [],
      told: [`nginx's workers (www-data) may read ${output}`],
    });
  },
);

test.skipIf(!canTell)('a release that they may not read is named too, while they have it yet', async () => {
  await using nginx = await startNginx(withLua());
  const output = outputOf(nginx);
  await using upsync = startUpsync({ consul, nginx }, ...follow);
  await upsync.next('published');
  const release = join(output, await readlink(join(output, 'current')));
  const peers = join(release, 'peers');
  // As with umask 077: an access control list may open it all the same.
  for (const file of [join(release, 'manifest.json'), peers]) await chmod(file, 0o600);
  const { code, warned } = await check({ consul, nginx }, ...push);
  expect(code).toBe(0);
  expect(warned).toContainEqual(
    expect.objectContaining({
      topic: 'workers',
      where: peers,
      remedy: `chmod o+r ${peers}, and run upsync with umask 022`,
    }),
  );
});

test.skipIf(!canTell)('where nginx does not run, nginx.conf tells whom its workers will run as', async () => {
  await using nginx = await layNginx({ ...withLua(), user: 'nobody' });
  await chmod(nginx.folder, 0o700);
  const { failed } = await check({ consul, nginx }, ...push);
  expect(failed).toContainEqual(
    expect.objectContaining({
      what: expect.stringContaining('run as nobody, may not search this'),
      where: nginx.folder,
    }),
  );
});

test.skipIf(!canTell)('with reloads the master reads it, and nothing is asked of the workers', async () => {
  await using nginx = await startNginx(withLua());
  await mkdir(outputOf(nginx), { mode: 0o700 });
  const { failed, about } = await check({ consul, nginx });
  expect({ failed, told: about('workers') }).toEqual({ failed: [], told: [] });
});
