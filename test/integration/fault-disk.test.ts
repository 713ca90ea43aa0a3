import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  cp,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { via } from '../bed/via.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { type Disk, isRoot, mountDisk } from '../support/disk.ts';
import { gateway, reloads, soon, steadily, tally } from '../support/gateway.ts';
import { type LogLine, outputOf, startUpsync, type Upsync } from '../support/upsync.ts';

const run = promisify(execFile);
const proven = ({ proof }: LogLine) => JSON.stringify(proof).includes('proven');

async function canStart(nginx: NginxBed): Promise<void> {
  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
}

interface Scene {
  readonly consul: Consul;
  readonly nginx: NginxBed;
  readonly two: Backend;
  readonly upsync: Upsync;
}

/** A change that the fault keeps out: what is live stays whole and serves, and it comes once the fault ends. */
async function outlast(
  { consul, nginx, two, upsync }: Scene,
  said: RegExp,
  fault: { begin(): Promise<void>; end(): Promise<void> },
): Promise<void> {
  const output = outputOf(nginx);
  const before = await reloads(nginx);
  const current = await readlink(join(output, 'current'));
  const client = steadily(`${nginx.url}/web1`);
  await fault.begin();
  try {
    await consul.register(two.as('web1'));
    expect(await upsync.next('failed')).toMatchObject({ level: 'error', msg: expect.stringMatching(said) });
    expect(await readlink(join(output, 'current'))).toBe(current);
    expect(await readdir(join(output, 'releases'))).toEqual([basename(current)]);
    await canStart(nginx);
    expect(Object.keys(await client.stop())).toEqual(['one']);
    expect(await reloads(nginx)).toBe(before);
  } finally {
    await fault.end();
  }
  await soon(upsync.next('published', proven));
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
}

for (const [what, isOutput, said, fault] of [
  [
    'a full disk under the managed folder',
    true,
    /^failed at stage, tried again soon: \/.*\/upsync\/releases\/.*: no space is left on the disk; free some$/,
    (disk: Disk) => ({ begin: disk.fill, end: disk.free }),
  ],
  [
    'a managed folder that is read-only',
    true,
    /^failed at stage, tried again soon: \/.*\/upsync\/releases\/.*: the file system is read-only; see why/,
    (disk: Disk) => ({ begin: () => disk.readOnly(true), end: () => disk.readOnly(false) }),
  ],
  [
    'a full disk under the temporary folder',
    false,
    /^failed at test, tried again soon: .*no space is left on the disk; free some$/,
    (disk: Disk) => ({ begin: disk.fill, end: disk.free }),
  ],
] as const) {
  // Servers that are pushed are not tested, and need no room there.
  if (!isOutput && via === 'push') continue;
  test.skipIf(!isRoot)(
    `${what} costs only the change, which comes once it is over (as root: mounts)`,
    { concurrent: true },
    async () => {
      await using consul = await startConsul();
      await using nginx = await layNginx(gateway());
      const temporary = join(nginx.folder, 'tmp');
      await mkdir(temporary);
      await using disk = await mountDisk(isOutput ? outputOf(nginx) : temporary);
      await nginx.start();
      await using one = await startBackend('one');
      await using two = await startBackend('two');
      await consul.register(one.as('web1'));
      const place = { consul, nginx, env: { TMPDIR: temporary } };
      await using upsync = startUpsync(place, '--service', 'web1');
      await upsync.next('published');
      await outlast({ consul, nginx, two, upsync }, said, fault(disk));
      expect(await readdir(temporary)).toEqual([]);
    },
  );
}

/** Without the right that lets root write where nobody may. */
function bound(): readonly string[] {
  return isRoot ? ['--bounding-set', '-dac_override', '--inh-caps', '-dac_override'] : [];
}

test.concurrent('a managed folder that may no longer be written to costs only the change, which comes with the right', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const place = { consul, nginx, privileges: bound() };
  await using upsync = startUpsync(place, '--service', 'web1');
  await upsync.next('published');
  const releases = join(outputOf(nginx), 'releases');
  const said =
    /^failed at stage, tried again soon: \/.*\/upsync\/releases\/.*: permission denied; run upsync as a user that may do this$/;
  await outlast({ consul, nginx, two, upsync }, said, {
    begin: () => chmod(releases, 0o555),
    end: () => chmod(releases, 0o755),
  });
});

test('what nginx starts with is made again within seconds, whoever took it away', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway({ named: [] }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const output = outputOf(nginx);
  const current = join(output, 'current');
  const client = steadily(`${nginx.url}/web1`);

  // By what the pass that mends it ends with.
  const faults = {
    published: {
      // In one step, or upsync would be at it before its end.
      'the output folder removed': () => rename(output, `${output}.gone`),
      'current replaced by a file': async () => {
        await rm(current);
        await writeFile(current, '');
      },
      'current replaced by a copy of what it led to': async () => {
        const release = join(output, await readlink(current));
        await rm(current);
        await cp(release, current, { recursive: true });
      },
    },
    unchanged: {
      'a permanent link removed': () => rm(join(output, 'http/upsync.conf')),
    },
  };
  for (const [event, brings] of Object.entries(faults)) {
    for (const [fault, bring] of Object.entries(brings)) {
      await bring();
      expect((await upsync.next('problem')).msg, fault).toMatch(
        /^\/.*\/upsync\/.*: what nginx starts with was taken away or changed here, and is made again; nobody but upsync should write in this folder$/,
      );
      await soon(upsync.next(event));
      expect(await isRead(nginx), fault).toBe(true);
    }
  }
  expect(Object.keys(await client.stop())).toEqual(['one']);
  await nginx.restart();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  await upsync.kill();
  await using next = startUpsync({ consul, nginx }, '--service', 'web1');
  await next.next('unchanged');
});

/** Whether nginx would start with a release of ours. */
async function isRead(nginx: NginxBed): Promise<boolean> {
  const { stdout } = await run('nginx', ['-T', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  return /^# configuration file .*\/(releases|config)\/[^/]+\/http\/upstreams\.conf:$/m.test(stdout);
}

test('what killed processes left half done is never included, and swept away; what others work on stays', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  const place = { consul, nginx, env: { TMPDIR: temporary } };
  await using first = startUpsync(place, '--service', 'web1');
  await first.next('published');
  await first.kill();

  const output = outputOf(nginx);
  const id = randomUUID();
  const before = await readdir(output, { recursive: true });
  const torn = 'releases/20261123T052400.123Z-0123456789abcdef';
  await mkdir(join(output, torn, 'http'), { recursive: true });
  await writeFile(join(output, torn, 'http.conf'), 'half a dir');
  for (const link of ['current', 'proven', 'http/upsync.conf', 'stream/upsync.conf']) {
    await symlink('../nowhere', join(output, `${link}.${id}`));
  }
  const [ago, now] = ['upsync-test-ago', 'upsync-test-now'].map((name) => join(temporary, name));
  await mkdir(join(ago ?? '', 'tree'), { recursive: true });
  await utimes(ago ?? '', 1, 1);
  await mkdir(now ?? '');
  await canStart(nginx);

  await using second = startUpsync(place, '--service', 'web1');
  await second.next('unchanged');
  expect((await readdir(output, { recursive: true })).sort()).toEqual(before.sort());
  await consul.register(two.as('web1'));
  await second.next('published');
  // Those of its own last test go while it waits for nginx, which is not long where servers are pushed.
  await expect.poll(() => readdir(temporary)).toEqual(['upsync-test-now']);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});
