import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { check } from '../support/check.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { hog, standing, untilStanding } from '../support/fleet.ts';
import { gateway, reloads, tally } from '../support/gateway.ts';
import { type LogLine, startUpsync, type Upsync, type UpsyncPlace } from '../support/upsync.ts';

interface Member {
  readonly place: UpsyncPlace;
  readonly nginx: NginxBed;
  readonly upsync: Upsync;
}

type Stack = AsyncDisposableStack;

/** A gateway of fleet `edge` that follows web1, with the first release live. */
async function member(stack: Stack, consul: Consul, ...flags: readonly string[]): Promise<Member> {
  return withToken(undefined, stack, consul, ...flags);
}

async function withToken(
  token: string | undefined,
  stack: Stack,
  consul: Consul,
  ...flags: readonly string[]
): Promise<Member> {
  const nginx = stack.use(await startNginx(gateway()));
  const place = { consul, nginx, env: token === undefined ? {} : { CONSUL_HTTP_TOKEN: token } };
  const upsync = stack.use(startUpsync(place, '--service', 'web1', '--fleet', 'edge', ...flags));
  await upsync.next('published');
  return { place, nginx, upsync };
}

function members(
  size: number,
  stack: Stack,
  consul: Consul,
  ...flags: readonly string[]
): Promise<readonly Member[]> {
  return Promise.all(Array.from({ length: size }, () => member(stack, consul, ...flags)));
}

/** When nginx was reloaded and until when it was not seen to run the release, ms since the epoch. */
function reloadTimes({ lines }: Upsync): [from: number, to: number][] {
  const at = (line: LogLine) => Date.parse(String(line.time));
  const begins = lines.filter(
    ({ event, step, part }) => event === 'progress' && step === 'publish' && part === undefined,
  );
  return lines
    .filter(({ event }) => event === 'published')
    .map((line, index) => [at(begins[index] ?? line), at(line)]);
}

/** How many reload at most at the same time. */
function mostAtOnce(times: readonly (readonly [from: number, to: number])[]): number {
  return Math.max(
    ...times.map(([from]) => times.filter(([begin, end]) => begin <= from && from < end).length),
  );
}

for (const [reloadsAtOnce, size] of [
  [1, 3],
  [2, 4],
] as const) {
  test(`of ${size} gateways that see the same change, ${reloadsAtOnce} reload at a time, and all come right`, async () => {
    await using stack = new AsyncDisposableStack();
    const consul = stack.use(await startConsul());
    const first = stack.use(await startBackend('first'));
    const backends: Backend[] = [];
    for (let each = 0; each < 5; each += 1) backends.push(stack.use(await startBackend(`b${each}`)));
    await consul.register(first.as('web1'));
    const all = await members(size, stack, consul, '--fleet-reloads', String(reloadsAtOnce));

    for (const backend of backends) {
      const began = performance.now();
      await consul.register(backend.as('web1'));
      await Promise.all(all.map(({ upsync }) => upsync.next('published')));
      console.log(`live on ${size}, ${reloadsAtOnce} at a time: ${Math.round(performance.now() - began)} ms`);
    }
    const later = all.flatMap(({ upsync }) => reloadTimes(upsync).slice(1));
    expect(later).toHaveLength(5 * size);
    expect(mostAtOnce(later)).toBe(reloadsAtOnce);
    for (const { nginx, upsync } of all) {
      expect(await reloads(nginx)).toBe(6);
      expect(upsync.count('placed')).toBe(5);
      expect(upsync.count('unplaced')).toBe(0);
      expect(Object.keys(await tally(`${nginx.url}/web1`, 12))).toHaveLength(6);
    }
    await untilStanding(consul, (sessions) => sessions.length === 0);
  });
}

test('a gateway that is killed while it reloads gives its place free, and the others go on', async () => {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul());
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  await consul.register(one.as('web1'));
  const all = await members(3, stack, consul, '--fleet-patience', '60s', '--nginx-proof-timeout', '60s');
  // Masters that stand still take no reload: whoever comes first is in the middle of it for as long as it takes.
  const masters = await Promise.all(all.map(({ nginx }) => nginx.pid()));
  for (const master of masters) process.kill(master, 'SIGSTOP');
  await consul.register(two.as('web1'));
  const killed = await Promise.race(
    all.map(async (member) => {
      await member.upsync.ever('placed');
      return member;
    }),
  );
  const others = all.filter((member) => member !== killed);
  for (const { upsync } of others) {
    expect(await upsync.next('held')).toMatchObject({
      level: 'info',
      msg: expect.stringMatching(
        /^waiting: the place in fleet edge is taken, by [\w.-]+\/\d+(; 1 more waits before this one)?; at most 60 s more$/,
      ),
    });
  }
  await killed.upsync.kill();
  for (const master of masters) process.kill(master, 'SIGCONT');
  const began = performance.now();
  // The line grows no more, and the dead one was first.
  await untilStanding(consul, (sessions) => sessions.length < 3);
  console.log(`the place of the dead was free after ${Math.round(performance.now() - began)} ms`);
  for (const { nginx, upsync } of others) {
    expect(await upsync.next('placed')).toMatchObject({ level: 'info', place: 1, of: 1 });
    await upsync.next('published');
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  }
  expect(mostAtOnce(others.flatMap(({ upsync }) => reloadTimes(upsync).slice(1)))).toBe(1);
});

test('nobody waits longer than its patience, whoever has the places, and the next place is taken again', async () => {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul());
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  const three = stack.use(await startBackend('three'));
  const four = stack.use(await startBackend('four'));
  await consul.register(one.as('web1'));
  const greedy = await hog(consul, '60s');
  // The first release waits for nobody.
  const { upsync, nginx } = await member(stack, consul, '--fleet-patience', '2s');

  await consul.register(two.as('web1'));
  await upsync.next('held', ({ msg }) => msg.includes('taken, by hog/1;'));
  // A newer change joins the wait and does not begin another.
  await consul.register(three.as('web1'));
  const told = await upsync.next('unplaced');
  expect(told).toMatchObject({
    level: 'error',
    msg: 'nginx is reloaded without a place in fleet edge: for 2 s it waited for hog/1; raise fleet.reloads or fleet.patience, or see what keeps those',
  });
  expect(Number(told.after)).toBeGreaterThanOrEqual(2_000);
  expect(Number(told.after)).toBeLessThan(4_000);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 1, two: 1, three: 1 });

  await consul.register(four.as('web1'));
  await upsync.next('held');
  await greedy.leave();
  expect(await upsync.next('placed')).toMatchObject({ place: 1, of: 1 });
  await upsync.next('published');
  expect(upsync.count('unplaced')).toBe(1);
});

test('Consul goes away while a gateway waits: it goes on within its patience', async () => {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul());
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  await consul.register(one.as('web1'));
  const { upsync, nginx } = await member(stack, consul, '--fleet-patience', '3s');
  await hog(consul, '60s');
  await consul.register(two.as('web1'));
  await upsync.next('held');
  await consul.kill();
  const told = await upsync.next('unplaced');
  expect(told).toMatchObject({
    level: 'error',
    msg: expect.stringMatching(
      /^http:\S+: nginx is reloaded without a place in fleet edge: (connection refused|the connection was closed)/,
    ),
  });
  expect(Number(told.after)).toBeLessThan(5_000);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('a token that may not have a place waits for none, which is said and found by check', async () => {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul({ acl: true }));
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  const three = stack.use(await startBackend('three'));
  await consul.register(one.as('web1'));
  const granted = await grant(consul, READ);
  const rights =
    'key_prefix "upsync/fleet/edge/" { policy = "write" } and session_prefix "" { policy = "write" }';
  const remedy = `check that the token still exists and grants ${rights}`;
  const { place, upsync } = await withToken(granted.token, stack, consul);
  await consul.register(two.as('web1'));
  const told = await upsync.next('unplaced');
  expect(told).toMatchObject({
    level: 'error',
    after: 0,
    msg: `${consul.url}/v1/session/create: nginx is reloaded without a place in fleet edge: Consul denied the token (403: Permission denied); ${remedy}`,
  });
  await upsync.next('published');
  // Said once, for as long as it lasts.
  await consul.register(three.as('web1'));
  await upsync.next('published');
  expect(upsync.count('unplaced')).toBe(1);
  expect(upsync.count('held')).toBe(0);
  expect(JSON.stringify(upsync.lines)).not.toContain(granted.token);
  const checked = () => check(place, '--fleet', 'edge');
  expect((await checked()).warned).toContainEqual({
    level: 'warn',
    topic: 'fleet',
    what: 'reloads will not wait for their turn in fleet edge: Consul denied the token (403: Permission denied)',
    where: `${consul.url}/v1/session/create`,
    remedy,
  });

  await granted.setRules(`${READ} ${rights.replace(' and ', ' ')}`);
  await consul.deregister('web1-two');
  expect(await upsync.next('placed')).toMatchObject({ place: 1, of: 1 });
  await upsync.next('published');
  await untilStanding(consul, (sessions) => sessions.length === 0);
  expect((await checked()).about('fleet')).toEqual(['0 of 1 places in fleet edge taken']);
  // To look leaves nothing behind.
  expect(await consul.request('GET', '/v1/session/list')).toEqual([]);
  expect(await standing(consul)).toEqual([]);
});

test('SIGTERM ends it within a second while it waits for its turn, and Consul forgets it at once', async () => {
  await using stack = new AsyncDisposableStack();
  const consul = stack.use(await startConsul());
  const one = stack.use(await startBackend('one'));
  const two = stack.use(await startBackend('two'));
  await consul.register(one.as('web1'));
  const { upsync } = await member(stack, consul);
  const greedy = await hog(consul);
  await consul.register(two.as('web1'));
  await upsync.next('held');
  expect(await standing(consul)).toHaveLength(2);
  const began = performance.now();
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(await standing(consul)).toEqual([greedy.session]);
});
