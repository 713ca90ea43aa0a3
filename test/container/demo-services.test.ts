import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';
import { beforeAll, expect, test } from 'vitest';
import { addressOf, docker, logOf } from './support/docker.ts';
import { buildServices } from './support/services-image.ts';

beforeAll(buildServices);

test('the image runs either service, as nobody in particular, and writes nothing', async () => {
  await using network = await new Network().start();
  await using web2 = await start(network.getName(), { SERVICE_NAME: 'service_web2' });
  const WEB2_URL = `http://${await addressOf(web2.getId(), network.getName())}:30003/get`;
  await using web1 = await start(network.getName(), { SERVICE_NAME: 'service_web1', WEB2_URL });

  const url = `http://${await addressOf(web1.getId(), network.getName())}:30002`;
  const instance = (container: StartedTestContainer) => container.getId().slice(0, 12);
  expect(await (await fetch(`${url}/get`)).json()).toEqual({
    service: 'service_web1',
    node: '10.0.0.1',
    instance: `${instance(web1)}:30002`,
    web2: { service: 'service_web2', node: '10.0.0.1', instance: `${instance(web2)}:30003` },
  });
  expect(await docker('exec', web1.getId(), 'id', '-u')).toBe('1000');
  expect(await docker('diff', web1.getId())).toBe('');
});

test('docker stop lets it serve on for its drain, and then it ends by itself', async () => {
  await using network = await new Network().start();
  await using web = await start(network.getName(), { DRAIN_SECONDS: '2' });
  const url = `http://${await addressOf(web.getId(), network.getName())}:30002`;
  const stopped = docker('stop', '--time', '30', web.getId());
  await expect.poll(async () => (await fetch(`${url}/healthz`)).status, { timeout: 10_000 }).toBe(503);
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  await stopped;
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', web.getId())).toBe('0');
  expect(await logOf(web.getId())).toContain('has left');
});

/** Resolves once Docker calls it healthy. */
function start(network: string, env: Record<string, string>): Promise<StartedTestContainer> {
  return new GenericContainer('upsync-test/services')
    .withNetworkMode(network)
    .withEnvironment({ HOST_IP: '10.0.0.1', SW_OAP_ADDRESS: '127.0.0.1:11800', ...env })
    .withSecurityOpt('no-new-privileges:true')
    .withDroppedCapabilities('ALL')
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
}
