import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type AgentServices, createAgentServices } from '../../src/consul/agent-services.ts';
import { type Check, describeCheck } from '../../src/registrar/check.ts';
import type { Service } from '../../src/registrar/service.ts';
import { type Consul, startConsul } from '../bed/consul.ts';
import { answer, startConsulDouble } from '../support/consul-double.ts';

/** Registrator's ids hold colons, and SERVICE_ID may hold anything. */
const id = 'node1:web/1 ä:80';
const { signal } = new AbortController();

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ acl: true });
});
afterAll(() => consul[Symbol.asyncDispose]());

function servicesOf(url: string, token?: string): AgentServices {
  return createAgentServices(
    {
      address: url,
      token: async () => token,
      datacenter: '',
      stale: true,
      block: 60_000,
      timeout: 3_000,
      maxStale: 60_000,
      maxConnections: 10,
      tls: { ca: '', cert: '', key: '', serverName: '', verify: true },
    },
    () => undefined,
  );
}

function service(more: Partial<Service> = {}): Service {
  return {
    id,
    name: 'web',
    address: '10.0.0.5',
    port: 32768,
    tags: ['b', 'a'],
    meta: { region: 'eu', 'upsync-registrar': 'AB:CD' },
    check: undefined,
    ...more,
  };
}

const tcp: Check = {
  kind: 'tcp',
  at: '127.0.0.1:1',
  interval: '10m',
  timeout: '1s',
  initialStatus: 'passing',
};
const kept: Check = { kind: 'kept', ttl: 60_000, report: { status: 'passing', output: 'healthy' } };

describe('what is written', () => {
  test.each<[string, Check | undefined, string | undefined]>([
    ['no check', undefined, undefined],
    ['TCP', tcp, 'passing'],
    ['HTTP', { kind: 'http', url: 'http://127.0.0.1:1/', skipVerify: false, interval: '10m' }, 'critical'],
    ['gRPC', { kind: 'grpc', at: '127.0.0.1:1', tls: true, skipVerify: true, interval: '10m' }, 'critical'],
    ['TTL', { kind: 'ttl', ttl: '10m', deregisterAfter: '1h' }, 'critical'],
    ['one that is kept fresh', kept, 'passing'],
  ])('is read back as it was: a service with %s', async (_, check, status) => {
    using agent = servicesOf(consul.url, consul.token);
    expect(await agent.register(service({ check }), signal)).toBeUndefined();
    expect(await agent.services(signal)).toEqual([
      {
        ...service(),
        check: check && { notes: describeCheck(check), status },
        maintenance: undefined,
      },
    ]);
    expect(await agent.deregister(id, signal)).toBeUndefined();
    expect(await agent.services(signal)).toEqual([]);
  });

  test('as the word on a check, is its state; and the check itself can be dropped', async () => {
    using agent = servicesOf(consul.url, consul.token);
    await agent.register(service({ check: kept }), signal);
    await agent.report(id, { status: 'critical', output: 'unhealthy: no answer?&' }, signal);
    expect(await agent.services(signal)).toMatchObject([{ check: { status: 'critical' } }]);
    expect(await consul.request('GET', '/v1/agent/checks')).toMatchObject({
      [`service:${id}`]: { Output: 'unhealthy: no answer?&' },
    });
    await agent.report(id, { status: 'passing', output: 'healthy' }, signal);
    expect(await agent.services(signal)).toMatchObject([{ check: { status: 'passing' } }]);
    expect(await agent.dropCheck(id, signal)).toBeUndefined();
    expect(await agent.services(signal)).toMatchObject([{ check: undefined }]);
  });

  test('as maintenance, lasts over a new registration, and ends', async () => {
    using agent = servicesOf(consul.url, consul.token);
    await agent.register(service({ check: kept }), signal);
    expect(await agent.maintain(id, 'going & gone', signal)).toBeUndefined();
    await agent.register(service({ port: 80, check: kept }), signal);
    expect(await agent.services(signal)).toMatchObject([{ port: 80, maintenance: 'going & gone' }]);
    expect(await agent.maintain(id, undefined, signal)).toBeUndefined();
    expect(await agent.services(signal)).toMatchObject([{ maintenance: undefined }]);
  });
});

test("the agent's own address is the one that others know it by", async () => {
  using agent = servicesOf(consul.url, consul.token);
  expect(await agent.address(signal)).toBe('127.0.0.1');
});

describe('what the agent refuses is returned, in its words', () => {
  test.each([
    [
      { meta: { 'a.b': 'x' } },
      /^Consul refused the request \(400: Invalid Service Meta: .*invalid characters\)$/,
    ],
    [{ check: { ...tcp, interval: 'soon' } }, /^Consul refused the request \(400: .*invalid duration/],
  ])('%j', async (more, what) => {
    using agent = servicesOf(consul.url, consul.token);
    expect(await agent.register(service(more), signal)).toMatchObject({
      what: expect.stringMatching(what),
      where: `${consul.url}/v1/agent/service/register`,
    });
  });

  test('maintenance of a service that is gone', async () => {
    using agent = servicesOf(consul.url, consul.token);
    expect(await agent.maintain('gone', 'why', signal)).toMatchObject({
      what: expect.stringMatching(/\((404|500): /),
    });
  });

  test('a token that may only read, with the rights that are missing; the token itself is not in it', async () => {
    const policy = z.object({ ID: z.string() }).parse(
      await consul.request('PUT', '/v1/acl/policy', {
        Name: 'reads',
        Rules: 'service_prefix "" { policy = "read" }',
      }),
    );
    const made = await consul.request('PUT', '/v1/acl/token', { Policies: [{ ID: policy.ID }] });
    const token = z.object({ SecretID: z.string() }).parse(made).SecretID;
    using agent = servicesOf(consul.url, token);
    const refusal = await agent.register(service({ id: 'other' }), signal);
    expect(refusal).toMatchObject({
      what: expect.stringMatching(/^Consul denied the token \(403/),
      remedy: 'check that the token still exists and grants service_prefix "" with policy "write"',
    });
    expect(JSON.stringify(refusal)).not.toContain(token);
    await expect(agent.address(signal)).rejects.toThrow(
      /agent_prefix "" with policy "read" unless --ip is given/,
    );
  });
});

describe('an agent throws', () => {
  test('where it cannot be read', async () => {
    await using double = await startConsulDouble((_, response) => response.writeHead(500).end('no leader'));
    using agent = servicesOf(double.url);
    await expect(agent.services(signal)).rejects.toThrow(/Consul failed \(500/);
    await expect(agent.address(signal)).rejects.toThrow(/Consul failed \(500/);
  });

  test('where it is not reached to be written to', async () => {
    const { url } = await gone();
    using agent = servicesOf(url);
    await expect(agent.register(service(), signal)).rejects.toThrow(/connection refused/);
    await expect(agent.deregister(id, signal)).rejects.toThrow(/connection refused/);
  });

  test.each([
    ['429', (response: { writeHead(status: number): { end(): void } }) => response.writeHead(429).end()],
    ['nothing, past the deadline', () => undefined],
  ])('where it says %s', async (_, play) => {
    await using double = await startConsulDouble((_, response) => play(response));
    using agent = servicesOf(double.url);
    await expect(agent.register(service(), signal)).rejects.toThrow(/limits the rate|no answer in time/);
  });

  test("where its answer is not built as an agent's", async () => {
    await using double = await startConsulDouble((_, response) => answer(response, 1, [1]));
    using agent = servicesOf(double.url);
    await expect(agent.services(signal)).rejects.toThrow(/is not built as Consul's is/);
  });
});

/** An address at which nobody listens any more. */
async function gone(): Promise<{ readonly url: string }> {
  await using double = await startConsulDouble(() => undefined);
  return { url: double.url };
}
