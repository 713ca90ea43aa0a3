import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { workersOf } from '../../src/nginx/processes.ts';
import { startConsul } from '../bed/consul.ts';
import { type BedOptions, type NginxBed, startNginx } from '../bed/nginx.ts';
import { runs, until } from '../bed/nginx-processes.ts';
import { via } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { startBystander } from '../support/bystander.ts';
import { gateway, orphansOf, pathOf, reloads, soon, steadily, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { type LogLine, startUpsync } from '../support/upsync.ts';

const runsWell = ({ state, level }: LogLine) => state === 'running' && level === 'info';
const runsBut = ({ state, level }: LogLine) => state === 'running' && level === 'warn';
const proven = ({ proof }: LogLine) => JSON.stringify(proof).includes('proven');

/** A number that is no process's: behind the last that the kernel gives away. */
async function nobody(): Promise<number> {
  return Number(await readFile('/proc/sys/kernel/pid_max', 'utf8'));
}

async function hangUps(nginx: NginxBed, master: number): Promise<number> {
  const lines = (await nginx.errorLog()).split('\n');
  return lines.filter((line) => line.includes(` ${master}#`) && line.includes('(SIGHUP) received')).length;
}

testOfReload(
  'while the pid file is empty, gone, stale, or names another process or another nginx, changes go live by the master that answers, and nobody else is signalled',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using another = await startNginx();
    await using bystander = await startBystander();
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    await upsync.ever('gateway', runsWell);
    const client = steadily(`${nginx.url}/web1`);
    const master = await nginx.pid();

    const faults = {
      empty: () => writeFile(nginx.pidFile, ''),
      gone: () => rm(nginx.pidFile),
      stale: async () => writeFile(nginx.pidFile, `${await nobody()}\n`),
      "another process's": () => writeFile(nginx.pidFile, `${bystander.pid}\n`),
      "another nginx's": async () => writeFile(nginx.pidFile, `${await another.pid()}\n`),
    };
    for (const [fault, bring] of Object.entries(faults)) {
      await bring();
      const { hits } = two;
      await consul.register(two.as('web1'));
      await upsync.next('published', proven);
      await until(`two is asked, ${fault}`, async () => two.hits > hits);
      await consul.deregister('web1-two');
      await upsync.next('published', proven);
    }
    await upsync.ever('gateway', runsBut);
    const said = upsync.lines.filter(runsBut).map(({ msg }) => msg.replace(/^nginx runs: release \w+/, ''));
    expect(said).toEqual([
      `, but its pid file ${nginx.pidFile} does not name it; mend the file: echo ${master} >${nginx.pidFile}`,
    ]);
    await writeFile(nginx.pidFile, `${master}\n`);
    await upsync.next('gateway', runsWell);
    expect(Object.keys(await client.stop()).sort()).toEqual(['one', 'two']);
    expect(await bystander.signals()).toEqual([]);
    expect(await reloads(another)).toBe(0);
    expect(await hangUps(nginx, master)).toBe(upsync.count('published'));
  },
);

test('beside an nginx that has no release yet and whose pid file names another process, a release is published and nobody is signalled; with the file mended it is applied', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using bystander = await startBystander();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const master = await nginx.pid();
  await writeFile(nginx.pidFile, `${bystander.pid}\n`);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('published')).toMatchObject({
    proof: { kind: 'stopped' },
    msg: expect.stringContaining(`${nginx.pidFile}: nginx is not running; start nginx`),
  });
  expect(await tally(nginx.url, 2)).toEqual({ gateway: 2 });
  await writeFile(nginx.pidFile, `${master}\n`);
  await upsync.next('published', proven);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect(await bystander.signals()).toEqual([]);
});

testOfReload(
  'a master that replaces itself (USR2) is followed to the new one; the old one is never signalled, and named until it is ended',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx({ ...gateway(), daemon: true, binary: await pathOf('nginx') });
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await using three = await startBackend('three');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    const client = steadily(`${nginx.url}/web1`);
    const old = await nginx.pid();
    const before = await hangUps(nginx, old);
    process.kill(old, 'SIGUSR2');
    await until('the new master has workers', async () => {
      const fresh = await nginx.pid().catch(() => old);
      return fresh !== old && (await workersOf(fresh)).length === 2;
    });
    const fresh = await nginx.pid();

    await consul.register(two.as('web1'));
    await upsync.next('published', proven);
    expect(await upsync.ever('gateway', runsBut)).toMatchObject({
      msg: expect.stringContaining(
        `but another master (pid ${old}) serves beside it; if it is the one before an upgrade, end it: kill -QUIT ${old}`,
      ),
    });
    // Its workers still answer with the release before: that is no reason to reload the new one again.
    expect(await hangUps(nginx, fresh)).toBe(1);

    process.kill(old, 'SIGQUIT');
    await upsync.next('gateway', runsWell);
    await until('the old master ends', async () => !(await runs(old)));
    await consul.register(three.as('web1'));
    await upsync.next('published', proven);
    expect(Object.keys(await client.stop()).filter((name) => name !== 'three')).toEqual(['one', 'two']);
    expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 1, two: 1, three: 1 });
    expect(await hangUps(nginx, fresh)).toBe(2);
    expect(await hangUps(nginx, old)).toBe(before);
  },
);

/** Sharing its port, so that it starts beside workers that live on. */
function sharing(): BedOptions {
  const { layout, ...rest } = gateway();
  return {
    ...rest,
    layout: (place) => {
      const { 'nginx.conf': conf = '' } = layout?.(place) ?? {};
      return { 'nginx.conf': String(conf).replace(/listen ([\d.:]+);/, 'listen $1 reuseport;') };
    },
  };
}

testOfReload(
  'workers of a killed master that serve on beside a new nginx are named, and cost no reload',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(sharing());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    await nginx.kill();
    const orphans = await orphansOf(nginx);
    expect(orphans).toHaveLength(2);
    await upsync.next('gateway', ({ state }) => state === 'stopped');
    await consul.register(two.as('web1'));
    expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'stopped' } });
    const before = await reloads(nginx);

    await nginx.start();
    expect(await upsync.next('gateway', runsBut)).toMatchObject({
      msg: expect.stringMatching(
        /but workers of a master that is gone serve beside it; end them: kill -QUIT [\d ]+$/,
      ),
    });
    expect(await orphansOf(nginx)).toEqual(expect.arrayContaining([...orphans]));
    for (const orphan of orphans) process.kill(orphan, 'SIGKILL');
    await upsync.next('gateway', runsWell);
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
    expect(await reloads(nginx)).toBe(before);
  },
);

for (const [victim, event] of [
  ['master', 'rolledBack'],
  ['worker', 'failed'],
] as const) {
  // A master has no part in what is pushed; of workers that do, see push-faults.
  if (via === 'push') continue;
  test.concurrent(`a change that comes while a ${victim} stands still is told with its pid, and goes live once that goes on`, async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--nginx-proof-timeout', '1s');
    await upsync.next('published');
    const master = await nginx.pid();
    const worker = (await workersOf(master))[0]?.pid ?? 0;
    const pid = victim === 'master' ? master : worker;
    process.kill(pid, 'SIGSTOP');
    try {
      await consul.register(two.as('web1'));
      expect(await upsync.next(event)).toMatchObject({
        level: 'error',
        msg: expect.stringMatching(
          `nginx does not run release \\w+ 1 s after the reload: [12] workers still run the configuration before \\(pid .*${worker}`,
        ),
      });
      expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 4 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await soon(upsync.next('published', proven));
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  });
}

testOfReload(
  'a worker that is held by a long request is counted and not awaited, and the request ends well',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    const slow = createServer((_, response) => slow.emit('taken', response)).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const bound = slow.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    await consul.register({ id: 'web1-slow', name: 'web1', address: '127.0.0.1', port });
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    const taken: Promise<ServerResponse[]> = once(slow, 'taken');
    const asked: Promise<IncomingMessage[]> = once(get(`${nginx.url}/web1`, { agent: false }), 'response');
    const [response] = await taken;
    response?.write('begun, ');
    const [reply] = await asked;

    await consul.register(one.as('web1'));
    await consul.deregister('web1-slow');
    await upsync.next('changed', ({ left }) => JSON.stringify(left).includes(String(port)));
    // Older ones that have nothing to finish may be about to go just then.
    expect(await upsync.next('published', proven)).toMatchObject({
      msg: expect.stringMatching(/proven by 2 workers, [1-3] older ones? drains?$/),
    });
    expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
    response?.end('and ended');
    expect(reply?.statusCode).toBe(200);
    expect(reply && (await text(reply))).toBe('begun, and ended');
    slow.close();
  },
);
