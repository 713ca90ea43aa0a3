import { chmod, readFile, readlink, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workersOf as standing } from '../../src/nginx/processes.ts';
import { startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, steadily, tally } from '../support/gateway.ts';
import { type LogLine, outputOf, startUpsync, type Upsync } from '../support/upsync.ts';

const load = luaBuild()?.load;
const canPush = load !== undefined;

/** A service with two instances, both of them pushed, and requests under way all the time. */
async function startScene(...flags: readonly string[]) {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul());
  const nginx = stack.use(await startNginx(gateway({ main: load ?? '', workers: 2 })));
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  const start = (): Upsync => startUpsync({ consul, nginx }, '--service', 'web1', '--via', 'push', ...flags);
  await consul.register(one.as('web1'));
  const upsync = stack.use(start());
  await upsync.next('published');
  await consul.register(two.as('web1'));
  await upsync.next('published');
  const url = `${nginx.url}/web1`;
  const clients = [steadily(url, 2), steadily(url, 3)];
  const kept = stack.move();
  return {
    consul,
    nginx,
    two,
    upsync,
    /** Another upsync at the same place. */
    start,
    /** Ends the requests: what was answered that no instance says. Broken connections are `0 …`. */
    async amiss(): Promise<readonly string[]> {
      const counts = await Promise.all(clients.map((client) => client.stop()));
      expect(counts.flatMap((count) => Object.values(count)).reduce((a, b) => a + b, 0)).toBeGreaterThan(10);
      const answers = new Set(counts.flatMap((count) => Object.keys(count)));
      return [...answers].filter((answer) => answer !== 'one' && answer !== 'two');
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const onSwitch = ({ step, part }: LogLine) => step === 'publish' && String(part).endsWith('current');

/** Who answers now. */
async function namesOf(nginx: NginxBed): Promise<readonly string[]> {
  return Object.keys(await tally(`${nginx.url}/web1`, 10)).sort();
}

async function expectServed(nginx: NginxBed, ...names: readonly string[]): Promise<void> {
  await until(`${names} answer, and nobody else`, async () => {
    return (await namesOf(nginx)).join() === names.join();
  });
}

const workersOf = async (nginx: NginxBed): Promise<readonly number[]> =>
  (await standing(await nginx.pid())).filter(({ draining }) => !draining).map(({ pid }) => pid);

/** Of a connection that a death breaks. */
const broken = (answer: string) => answer.startsWith('0 ');

interface Fault {
  bring(nginx: NginxBed): Promise<void>;
  /** Whether such an answer may come of it. */
  isAllowed(answer: string): boolean;
}

async function killWorkers(nginx: NginxBed, most: number): Promise<void> {
  for (const pid of (await workersOf(nginx)).slice(0, most)) process.kill(pid, 'SIGKILL');
}

const faults: Readonly<Record<string, Fault>> = {
  'is reloaded by hand': { bring: (nginx) => nginx.reload(), isAllowed: () => false },
  'is restarted by hand': { bring: (nginx) => nginx.restart(), isAllowed: broken },
  'loses a worker': { bring: (nginx) => killWorkers(nginx, 1), isAllowed: broken },
  'loses all workers': { bring: (nginx) => killWorkers(nginx, 2), isAllowed: broken },
};

test.skipIf(!canPush).each(Object.entries(faults))(
  'while nginx %s between pushes and amid them, none but instances answer, and it comes to run what is right',
  async (_, { bring, isAllowed }) => {
    await using scene = await startScene();
    const { consul, nginx, two, upsync } = scene;
    for (let round = 0; round < 4; round += 1) {
      await consul.deregister('web1-two');
      // The switch is made, and no worker has proven it yet.
      await upsync.next('progress', onSwitch);
      await bring(nginx);
      await expectServed(nginx, 'one');
      await upsync.next('published');
      await bring(nginx);
      await expectServed(nginx, 'one');
      const { hits } = two;
      expect(await tally(`${nginx.url}/web1`, 10)).toEqual({ one: 10 });
      expect(two.hits).toBe(hits);
      await consul.register(two.as('web1'));
      await upsync.next('published');
      await expectServed(nginx, 'one', 'two');
    }
    await until('both workers stand', async () => (await workersOf(nginx)).length === 2);
    expect((await scene.amiss()).filter((answer) => !isAllowed(answer))).toEqual([]);
  },
);

/** What happens to the peers of the live release. */
const spoil: Readonly<Record<string, (path: string) => Promise<void>>> = {
  emptied: (path) => truncate(path),
  'cut in its head': (path) => truncate(path, 20),
  'cut behind its head': async (path) => truncate(path, (await readFile(path, 'utf8')).indexOf('\n') + 1),
  'cut within a server': async (path) => truncate(path, (await readFile(path, 'utf8')).length - 15),
  'cut behind a server': async (path) => truncate(path, (await readFile(path, 'utf8')).indexOf('\nend') + 1),
  'without the end of its last line': async (path) =>
    truncate(path, (await readFile(path, 'utf8')).length - 1),
  garbage: (path) => writeFile(path, Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 151) % 256))),
  'of another release': async (path) =>
    writeFile(path, (await readFile(path, 'utf8')).replace(/^(upsync-peers 1) \w+/, '$1 0123456789abcdef')),
  unreadable: (path) => chmod(path, 0),
  gone: (path) => rm(path),
};

test.skipIf(!canPush)(
  'peers that somebody spoiled are made again, and nginx that is restarted or reloaded before that serves on',
  async () => {
    await using scene = await startScene();
    const { nginx, upsync } = scene;
    const peers = join(outputOf(nginx), 'current/peers');
    for (const [what, bring] of Object.entries(spoil)) {
      const before = await readFile(peers, 'utf8');
      await bring(peers);
      await (what.startsWith('cut') ? nginx.reload() : nginx.restart());
      expect(await namesOf(nginx), what).toEqual(['one', 'two']);
      expect(await upsync.next('problem'), what).toMatchObject({
        msg: expect.stringMatching(
          /\/peers: what nginx starts with was taken away or changed here, and is made again/,
        ),
      });
      await upsync.next('published');
      expect(await readFile(peers, 'utf8'), what).toBe(before);
      await expectServed(nginx, 'one', 'two');
    }
    expect((await scene.amiss()).filter((answer) => !broken(answer))).toEqual([]);
  },
);

test.skipIf(!canPush)(
  'with spoiled peers and no upsync, nginx serves on, and what it starts with is not empty; the next upsync mends them',
  async () => {
    await using scene = await startScene();
    const { nginx, upsync } = scene;
    await upsync.kill();
    const peers = join(outputOf(nginx), 'current/peers');
    const whole = await readFile(peers, 'utf8');
    for (const [what, bring] of Object.entries(spoil)) {
      await bring(peers);
      expect(await namesOf(nginx), what).toEqual(['one', 'two']);
      await nginx.restart();
      expect(await namesOf(nginx), what).toEqual(['one', 'two']);
      await writeFile(peers, whole);
      await chmod(peers, 0o644);
    }
    await truncate(peers, 40);
    await nginx.restart();
    await using next = scene.start();
    await next.next('published', ({ proof }) => JSON.stringify(proof).includes('proven'));
    expect(await readFile(peers, 'utf8')).toBe(whole);
    expect(await namesOf(nginx)).toEqual(['one', 'two']);
    expect((await scene.amiss()).filter((answer) => !broken(answer))).toEqual([]);
  },
);

test.skipIf(!canPush)(
  'with no upsync, workers serve on while the managed folder is away or current leads nowhere, one that is new too; the next upsync goes on',
  async () => {
    await using scene = await startScene();
    const { nginx, upsync, consul, two } = scene;
    await upsync.kill();
    const output = outputOf(nginx);
    const current = join(output, 'current');
    const release = await readlink(current);
    await rename(output, `${output}.away`);
    expect(await namesOf(nginx)).toEqual(['one', 'two']);
    await rename(`${output}.away`, output);
    for (const target of ['releases/nowhere', '/nowhere', 'http', undefined]) {
      await rm(current);
      if (target !== undefined) await symlink(target, current);
      expect(await namesOf(nginx), target).toEqual(['one', 'two']);
      const before = await workersOf(nginx);
      await killWorkers(nginx, before.length);
      await until('new workers stand', async () => {
        const now = await workersOf(nginx);
        return now.length === 2 && !now.some((pid) => before.includes(pid));
      });
      expect(await namesOf(nginx), target).toEqual(['one', 'two']);
    }
    await consul.deregister('web1-two');
    await using next = scene.start();
    await next.next('published');
    await expectServed(nginx, 'one');
    expect(await readlink(current)).not.toBe(release);
    await consul.register(two.as('web1'));
    await next.next('published');
    await expectServed(nginx, 'one', 'two');
    expect((await scene.amiss()).filter((answer) => !broken(answer))).toEqual([]);
  },
);

test.skipIf(!canPush)(
  'a change that comes while a worker stands still is told with its pid, and goes live once that goes on',
  async () => {
    await using scene = await startScene('--nginx-proof-timeout', '500ms');
    const { nginx, upsync, consul } = scene;
    const [pid = 0] = await workersOf(nginx);
    process.kill(pid, 'SIGSTOP');
    try {
      await consul.deregister('web1-two');
      const { msg } = await Promise.race([upsync.next('rolledBack'), upsync.next('failed')]);
      expect(msg).toContain(`1 of 2 workers do not answer with it (pid ${pid})`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await upsync.next('published');
    await expectServed(nginx, 'one');
    // It held a request meanwhile.
    expect((await scene.amiss()).filter((answer) => !broken(answer))).toEqual([]);
  },
);
