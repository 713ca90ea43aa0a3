import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isAnswerTo } from '../../src/pipeline/snapshot.ts';
import { startConsul } from '../bed/consul.ts';
import { follow, web } from '../support/consul-follow.ts';

const run = promisify(execFile);
const FOLLOW = new URL('../support/consul-follow.ts', import.meta.url).href;

test('a server that restarts with its data changes nothing', async () => {
  await using consul = await startConsul({ mode: 'server' });
  await consul.register({ id: 'web1-1', name: 'web1', port: 8001 });
  using followed = follow(consul.url, [web('web1')]);
  await followed.until(() => followed.value('service:web1')?.length === 1);

  const failed = followed.next('queryFailed');
  const recovered = followed.next('queryRecovered');
  await consul.kill();
  await failed;
  await consul.start();
  await recovered;

  expect(followed.value('service:web1')).toHaveLength(1);
  expect(followed.changes).toBe(1);
});

test('a Consul that lost its state leaves the instances in place until they are back', async () => {
  await using consul = await startConsul();
  for (const port of [8001, 8002]) await consul.register({ id: `web1-${port}`, name: 'web1', port });
  using followed = follow(consul.url, [web('web1')]);
  await followed.until(() => followed.value('service:web1')?.length === 2);

  await consul.kill();
  await followed.next('queryFailed');
  await consul.start();
  const disbelief = await followed.until(() =>
    followed.events.find((event) => event.type === 'queryFailed' && /not believed/.test(event.problem.what)),
  );
  expect(disbelief).toMatchObject({
    problem: {
      what: expect.stringMatching(
        /^empty answer for web1 not believed: Consul's index \d+ is behind \d+, .* lost its state \(2 instances stay\)$/,
      ),
    },
  });
  expect(followed.value('service:web1')).toHaveLength(2);

  await consul.register({ id: 'web1-8003', name: 'web1', port: 8003 });
  await followed.until(() => followed.value('service:web1')?.[0]?.port === 8003);
});

test('a Consul that lost its state takes nothing out of the list of services until all are back', async () => {
  await using consul = await startConsul();
  // Its index is to be past the one at which a fresh Consul lists its first services.
  for (const port of [8001, 8002, 8003, 8004])
    await consul.register({ id: `w-${port}`, name: `w${port}`, port });
  using followed = follow(consul.url, [{ kind: 'services', datacenter: '' }]);
  const listed = () => {
    const answer = followed.feed.snapshot().get('services');
    return isAnswerTo('services', answer) ? answer.value.map(({ name }) => name) : undefined;
  };
  const all = ['consul', 'w8001', 'w8002', 'w8003', 'w8004'];
  await followed.until(() => listed()?.length === 5);

  await consul.kill();
  await followed.next('queryFailed');
  await consul.start();
  const disbelief = await followed.until(() =>
    followed.events.find((event) => event.type === 'queryFailed' && /not believed/.test(event.problem.what)),
  );
  expect(disbelief).toMatchObject({
    problem: {
      what: expect.stringMatching(/^shorter answer for the services not believed: .*5 services stay/),
    },
  });
  expect(listed()).toEqual(all);

  for (const port of [8001, 8002, 8003, 8004])
    await consul.register({ id: `w-${port}`, name: `w${port}`, port });
  await followed.next('queryRecovered');
  expect(listed()).toEqual(all);
});

test('a Consul that lost its state counts anew: what registers again as it was can leave as ever', async () => {
  await using consul = await startConsul();
  // Some other change before, so that the index is higher than it is going to be.
  for (const port of [8001, 8002, 8003]) await consul.register({ id: 'web1-1', name: 'web1', port });
  using followed = follow(consul.url, [web('web1')]);
  await followed.until(() => followed.value('service:web1')?.[0]?.port === 8003);
  const before = followed.changes;

  await consul.kill();
  await followed.next('queryFailed');
  await consul.start();
  await consul.register({ id: 'web1-1', name: 'web1', port: 8003 });
  await followed.next('queryRecovered');
  expect(followed.changes).toBe(before + 1);
  await consul.deregister('web1-1');
  await followed.until(() => followed.value('service:web1')?.length === 0);
});

test('an instance whose node dies turns critical', async () => {
  await using server = await startConsul({ mode: 'server' });
  await using client = await startConsul({ mode: 'client', address: '127.0.0.2', join: server.join });
  await client.register({ id: 'web1-1', name: 'web1', port: 8001 });
  using followed = follow(server.url, [web('web1')]);
  await followed.until(() => followed.value('service:web1')?.[0]?.health === 'passing');
  expect(followed.value('service:web1')).toMatchObject([{ node: client.node, address: '127.0.0.2' }]);

  await client.kill();
  await followed.until(() => followed.value('service:web1')?.[0]?.health === 'critical');
});

test('aborting lets the process end at once, whatever its queries were doing', async () => {
  await using consul = await startConsul();
  // One query blocks, one backs off, one waits for its turn to poll.
  const script = `
    import { follow, web } from ${JSON.stringify(FOLLOW)};
    const mars = { kind: 'service', service: 'web1', datacenter: 'mars' };
    const slow = { backoffBase: 60_000, backoffCap: 60_000, poll: 60_000, random: () => 0.9 };
    const followed = follow('${consul.url}', [web('web1'), web('web2'), mars], { maxConnections: 2 }, slow);
    await followed.until(() => followed.feed.snapshot().size === 2);
    await followed.until(() => followed.events.some(({ type }) => type === 'queryFailed'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const since = Date.now();
    const events = followed.events.length;
    followed.stop();
    process.on('exit', () => console.log(JSON.stringify([Date.now() - since, followed.events.length - events])));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  const [ms, events] = z.tuple([z.number(), z.number()]).parse(JSON.parse(stdout));
  // Each of them waited for a minute.
  expect(ms).toBeLessThan(30_000);
  expect(events).toBe(0);
});
