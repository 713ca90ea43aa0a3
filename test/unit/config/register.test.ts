import { describe, expect, test } from 'vitest';
import { loadRegisterConfig, type RegisterConfig } from '../../../src/config/register.ts';
import { registerSettings } from '../../../src/config/register-settings.ts';
import { variable } from '../../../src/config/settings.ts';
import { problemOf, sentence } from '../../../src/pipeline/problem.ts';

type Texts = Readonly<Record<string, string>>;

function load(flags: Texts = {}, env: Texts = {}): Promise<RegisterConfig> {
  return loadRegisterConfig({ flags: new Map(Object.entries(flags)), env, cwd: '/' });
}

async function complaintOf(flags: Texts, env: Texts = {}): Promise<string> {
  try {
    await load(flags, env);
  } catch (error) {
    return sentence(problemOf(error));
  }
  throw new Error('it loaded');
}

describe('without anything given', () => {
  test('published ports are registered in the local agent, with nothing left open that has a default', async () => {
    expect(await load()).toMatchObject({
      plan: {
        ip: undefined,
        internal: false,
        network: undefined,
        explicit: false,
        tags: [],
        ttl: 0,
        resync: 10_000,
        deregister: 'always',
        cleanup: false,
        hostname: undefined,
        owner: undefined,
      },
      docker: { kind: 'socket', path: '/var/run/docker.sock' },
      certificates: undefined,
      consul: { address: 'http://127.0.0.1:8500', timeout: 10_000 },
      log: { level: 'info', format: 'auto' },
    });
  });
});

describe('a value', () => {
  test('comes by flag', async () => {
    const { plan } = await load({
      '--ip': '10.0.0.5',
      '--explicit': 'true',
      '--tags': 'a,b\\,c',
      '--ttl': '15s',
      '--resync': '1m',
      '--deregister': 'on-success',
      '--cleanup': 'true',
      '--hostname': 'node1',
      '--owner': 'me',
    });
    expect(plan).toMatchObject({
      ip: '10.0.0.5',
      explicit: true,
      tags: ['a', 'b,c'],
      ttl: 15_000,
      resync: 60_000,
      deregister: 'on-success',
      cleanup: true,
      hostname: 'node1',
      owner: 'me',
    });
  });

  test('comes by its variable, before which its flag goes', async () => {
    const env = {
      UPSYNC_REGISTER_INTERNAL: 'true',
      UPSYNC_REGISTER_NETWORK: 'app',
      UPSYNC_REGISTER_TAGS: 'x',
    };
    expect((await load({ '--tags': 'y' }, env)).plan).toMatchObject({
      internal: true,
      network: 'app',
      tags: ['y'],
    });
  });

  test("comes by Consul's own variables and by what the sidecar reads", async () => {
    const env = { CONSUL_HTTP_ADDR: 'consul:8500', CONSUL_HTTP_TOKEN: 'secret' };
    const own = (await load({}, env)).consul;
    expect([own.address, await own.token()]).toEqual(['http://consul:8500', 'secret']);
    const { consul } = await load({}, { ...env, UPSYNC_CONSUL: 'https://other' });
    expect(consul.address).toBe('https://other');
  });

  test('of the registrar alone has a variable that says so', () => {
    const names = Object.entries(registerSettings).map(([key, setting]) => variable({ key, setting }));
    expect(names).toContain('UPSYNC_REGISTER_IP');
    expect(names).toContain('UPSYNC_DOCKER_HOST');
    expect(names).toContain('UPSYNC_CONSUL_TOKEN_FILE');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the Docker engine', () => {
  test.each([
    ['unix:///run/user/1000/docker.sock', { kind: 'socket', path: '/run/user/1000/docker.sock' }],
    ['tcp://proxy:2375', { kind: 'tcp', host: 'proxy', port: 2375 }],
    ['tcp://[fd00::1]:2375/', { kind: 'tcp', host: 'fd00::1', port: 2375 }],
    ['proxy:2375', { kind: 'tcp', host: 'proxy', port: 2375 }],
  ])('is found by DOCKER_HOST=%s', async (DOCKER_HOST, docker) => {
    expect((await load({}, { DOCKER_HOST })).docker).toEqual(docker);
  });

  test('is found by the flag before that', async () => {
    const { docker } = await load({ '--docker-host': 'unix:///a' }, { DOCKER_HOST: 'unix:///b' });
    expect(docker).toEqual({ kind: 'socket', path: '/a' });
  });

  test('has its certificates where DOCKER_CERT_PATH says, once DOCKER_TLS_VERIFY asks for them', async () => {
    const certificates = async (env: Texts) => (await load({}, env)).certificates;
    expect(await certificates({ DOCKER_CERT_PATH: '/certs' })).toBeUndefined();
    expect(await certificates({ DOCKER_CERT_PATH: '/certs', DOCKER_TLS_VERIFY: '1' })).toBe('/certs');
    expect(await certificates({ HOME: '/home/me', DOCKER_TLS_VERIFY: '1' })).toBe('/home/me/.docker');
  });
});

describe('what is wrong is told with the way out', () => {
  const unreached =
    'no other host reaches this one there; give an address of this host that others reach, or register the addresses of the containers with --internal';

  test.each<[Texts, string]>([
    [{ '--ip': '127.0.0.1' }, `--ip: ${unreached}`],
    [{ '--ip': '127.0.1.1' }, `--ip: ${unreached}`],
    [{ '--ip': '::1' }, `--ip: ${unreached}`],
    [{ '--ip': 'node1' }, '--ip: not an IP address; write such as 10.0.0.5'],
    [{ '--ip': '0.0.0.0' }, '--ip: no address that a host is reached at; write such as 10.0.0.5'],
    [
      { '--network': 'app' },
      '--network: goes with --internal, for published ports have no network; add --internal',
    ],
    [{ '--resync': '60' }, '--resync: a time without a unit; write 60s, or 60ms'],
    [{ '--resync': '0s' }, '--resync: too short; at least 1s'],
    [{ '--ttl': '1s' }, '--ttl: too short to be kept fresh; at least 3s, or 0s for none'],
    [{ '--deregister': 'never' }, '--deregister: not one of its values; write always or on-success'],
    [{ '--hostname': 'a b' }, '--hostname: not a host name'],
    [
      { '--docker-host': '/var/run/docker.sock' },
      '--docker-host: not the address of a Docker engine; write unix:///PATH or tcp://HOST:PORT',
    ],
    [
      { '--docker-host': 'ssh://node1' },
      '--docker-host: SSH is no way to the engine that is known here; write unix:///PATH or tcp://HOST:PORT, through a tunnel such as ssh -L',
    ],
  ])('%j', async (flags, told) => {
    expect(await complaintOf(flags)).toBe(told);
  });

  test('by the name of the variable that it came by', async () => {
    expect(await complaintOf({}, { UPSYNC_REGISTER_IP: '127.0.0.1' })).toMatch(/^UPSYNC_REGISTER_IP: /);
    expect(await complaintOf({}, { DOCKER_HOST: 'nowhere' })).toMatch(/^DOCKER_HOST: /);
    expect(await complaintOf({}, { UPSYNC_REGISTER_INTERNAL: 'yes' })).toBe(
      'UPSYNC_REGISTER_INTERNAL: not true or false',
    );
  });

  test('all of it at once', async () => {
    expect(await complaintOf({ '--ip': 'x', '--resync': '1' })).toMatch(/^2 problems in the configuration\n/);
  });
});
