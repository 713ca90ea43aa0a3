import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { type ConsulCluster, startCluster } from '../support/consul-cluster.ts';
import { expectLive, expectServed, published } from '../support/fault.ts';
import { gateway, reloads, steadily, tally } from '../support/gateway.ts';
import { startUpsync } from '../support/upsync.ts';

let cluster: ConsulCluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** A request that hangs goes on hanging when its fault is over: until this is. */
const short = ['--consul-block', '1s', '--consul-timeout', '1s'];

interface Row {
  readonly name: string;
  /** `near` is the agent that upsync asks; it does not lead. */
  begin(near: Consul, leader: Consul, third: Consul): Promise<unknown>;
  end(near: Consul, leader: Consul, third: Consul): Promise<unknown>;
  readonly says: string;
  /** There is nobody with whom an instance could register meanwhile. */
  readonly leaderless?: true;
}

const send = async ({ pid = 0 }: Consul, signal: NodeJS.Signals) => process.kill(pid, signal);

const rows: readonly Row[] = [
  {
    name: 'stands still for a while (SIGSTOP)',
    begin: (near) => send(near, 'SIGSTOP'),
    end: (near) => send(near, 'SIGCONT'),
    says: 'no answer in time; is the Consul agent well?',
  },
  {
    name: 'is killed, and started again',
    begin: (near) => near.kill(),
    end: (near) => near.start(),
    says: 'connection refused; is the Consul agent running there?',
  },
  {
    name: 'has no leader: two of three servers are killed, and started again',
    begin: (_near, leader, third) => Promise.all([leader.kill(), third.kill()]),
    end: (_near, leader, third) => Promise.all([leader.start(), third.start()]),
    says: 'Consul has no leader',
    leaderless: true,
  },
];

test.each(rows)(
  'the agent $name: nginx serves on, and what joins takes traffic within 5 s of the end',
  async ({ begin, end, says, leaderless }) => {
    const [leader, near, third] = await cluster.byRole();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await leader.register(one.as('web1'));
    await using upsync = startUpsync({ consul: near, nginx }, '--service', 'web1', ...short);
    await upsync.next('published');
    const before = await published(nginx);
    const client = steadily(`${nginx.url}/web1`, 5);

    await begin(near, leader, third);
    const said = await upsync.next('queryFailed', ({ msg }) => msg.includes(says));
    expect(said).toMatchObject({
      level: 'warn',
      msg: expect.stringMatching(/^service:web1 .* Nothing changes meanwhile/),
    });
    if (!leaderless) await leader.register(two.as('web1'));
    expect(await published(nginx)).toBe(before);

    await end(near, leader, third);
    const ended = Date.now();
    if (leaderless) await leader.register(two.as('web1'));
    await expectLive(2, 'web1', ended, upsync);
    await expectServed(['one', 'two'], client);
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
    expect(upsync.lines.filter(({ level }) => level === 'error')).toEqual([]);
    for (const { name } of [one, two]) await leader.deregister(`web1-${name}`);
  },
);

test('all three servers are down as nginx and upsync start: both go on with the last good release until they come', async () => {
  const [leader, near, third] = await cluster.byRole();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await leader.register(one.as('web1'));
  await using first = startUpsync({ consul: near, nginx }, '--service', 'web1');
  await first.next('published');
  await first.kill();
  const before = await published(nginx);
  await Promise.all([leader, near, third].map((server) => server.kill()));

  await nginx.start();
  const client = steadily(`${nginx.url}/web1`, 5);
  const flags = ['--service', 'web1', '--start-timeout', '500ms', ...short];
  await using upsync = startUpsync({ consul: near, nginx }, ...flags);
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    msg: 'web1  Consul has not answered for it; keeping 1 of the last release',
  });
  expect(await published(nginx)).toBe(before);

  await Promise.all([leader, near, third].map((server) => server.start()));
  const ended = Date.now();
  const [elected] = await cluster.byRole();
  await elected.register(two.as('web1'));
  await expectLive(2, 'web1', ended, upsync);
  await expectServed(['one', 'two'], client);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('Consul comes back empty: the servers stay until there are others', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--keep-for', '0s');
  await upsync.next('published');
  const before = await published(nginx);
  const client = steadily(`${nginx.url}/web1`, 5);

  await consul.kill();
  await upsync.next('queryFailed');
  await consul.start();
  const said = await upsync.next('queryFailed', ({ msg }) => msg.includes('not believed'));
  expect(said.msg).toMatch(/ \(1 instance stays\); .* Nothing changes meanwhile/);
  expect(await published(nginx)).toBe(before);

  const ended = Date.now();
  await consul.register(two.as('web1'));
  await expectLive(1, 'web1', ended, upsync);
  await expectServed(['one', 'two'], client);
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ two: 3 });
});

/** Turns its check critical and back every 50 ms, until it is stopped; says how many ms it went on, and leaves it passing. */
function flap(id: string, consul: Consul): AsyncDisposable & { stop(): Promise<number> } {
  const began = Date.now();
  let stopped = false;
  const flapping = (async () => {
    for (let count = 1; !stopped || count % 2 === 0; count += 1) {
      await sleep(Math.max(0, began + count * 50 - Date.now()));
      await consul.check(id, count % 2 === 0 ? 'passing' : 'critical');
    }
    return Date.now() - began;
  })();
  const stop = () => {
    stopped = true;
    return flapping;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

test('an instance that flaps 20 times a second costs at most a reload a second, and holds up no other service', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one', '0.0.0.0');
  await using two = await startBackend('two', '0.0.0.0');
  await consul.register(one.as('web1', { address: '127.0.1.1' }));
  await consul.register(two.as('web1', { address: '127.0.1.1', health: 'passing' }));
  await consul.register(one.as('web2', { address: '127.0.1.2' }));
  const flags = ['--service', 'web1', '--service', 'web2', '--wait', '300ms:1s'];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  const before = await reloads(nginx);
  const clients = ['web1', 'web2'].map((name) => steadily(`${nginx.url}/${name}`, 5));

  await using flapping = flap('web1-two', consul);
  const flaps = async (count: number) => {
    for (let seen = 0; seen < count; seen += 1) await upsync.next('answered');
  };
  await flaps(20);
  await consul.register(two.as('web2', { address: '127.0.1.2' }));
  const answered = await upsync.next('answered', ({ query }) => query === 'service:web2');
  const changed = await upsync.next('changed', ({ upstream }) => upstream === 'web2');
  // It waits for the end of a pass that had begun, and for the burst's cap of a second: the flapping never ends.
  const between = upsync.lines.slice(upsync.lines.indexOf(answered), upsync.lines.indexOf(changed));
  expect(between.filter(({ event }) => event === 'published').length).toBeLessThanOrEqual(1);
  await flaps(20);
  const seconds = (await flapping.stop()) / 1_000;

  for (const client of clients) {
    await expectServed(['one', 'two'], client);
  }
  for (const name of ['web1', 'web2']) {
    await expect.poll(() => tally(`${nginx.url}/${name}`, 4)).toEqual({ one: 2, two: 2 });
  }
  const counted = (await reloads(nginx)) - before;
  console.log(`20 flaps a second for ${seconds.toFixed(1)} s: ${counted} reloads`);
  expect(counted).toBeLessThanOrEqual(seconds + 2);
});
