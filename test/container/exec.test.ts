import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';
import { beforeAll, expect, onTestFailed, test } from 'vitest';
import { ask } from '../support/gateway.ts';
import { addressOf, docker, logged, logOf } from './support/docker.ts';
import { buildSidecar } from './support/sidecar-image.ts';

beforeAll(buildSidecar);

/** `/slow` takes it some seconds to answer. */
const nginxConf = `
pid /run/nginx.pid;
error_log /dev/stderr notice;
events {}
http {
  access_log off;
  include /etc/nginx/upsync/http/*.conf;
  server {
    listen 8080;
    location = /slow { limit_rate 500; return 200 "${'slow '.repeat(400)}"; }
    location /web1/ { proxy_pass http://web1/; }
  }
}
`;

test('one container with both programs follows a service as it is scaled', async () => {
  await using bed = await startBed();
  expect(await bed.answers()).toEqual(['503']);
  const joined: string[] = [];
  for (let count = 1; count <= 3; count++) {
    joined.push(await bed.join());
    await answered(bed, joined);
  }
  await bed.kill(joined.pop() ?? '');
  await answered(bed, joined);
  const processes = await docker('top', bed.both.getId(), '-o', 'pid,ppid,stat,args');
  expect(processes).toMatch(/nginx: master process nginx -g daemon off;/);
  expect(processes).not.toMatch(/ Z /);
});

test('docker stop lets a request finish, and the container ends with 0', async () => {
  await using bed = await startBed();
  const slow = ask(`http://${await bed.address()}:8080/slow`);
  // It has been taken once nginx has a connection of it.
  await expect.poll(() => bed.run('grep -c ":1F90 .* 01 " /proc/net/tcp || true')).not.toBe('0');
  await docker('stop', '--time', '30', bed.both.getId());
  expect((await slow).body).toHaveLength(2_000);
  expect(await bed.exitCode()).toBe('0');
  expect(await logOf(bed.both.getId())).toContain('nginx has ended with code 0');
});

test('the container ends with the code of an nginx that is killed, and starts again', async () => {
  await using bed = await startBed();
  const name = await bed.join();
  await answered(bed, [name]);
  await bed.run('kill -9 $(cat /run/nginx.pid)');
  await docker('wait', bed.both.getId());
  expect(await bed.exitCode()).toBe('137');
  // What those who were killed left behind is no hindrance.
  await docker('start', bed.both.getId());
  await logged(bed.both.getId(), /nginx started/);
  await answered(bed, [name]);
});

test('the container ends with the code of an nginx that cannot start', async () => {
  await using bed = await startBed(['sh', '-c', 'exit 3'], /ended by itself/);
  await docker('wait', bed.both.getId());
  expect(await bed.exitCode()).toBe('3');
});

interface Bed extends AsyncDisposable {
  readonly both: StartedTestContainer;
  join(): Promise<string>;
  kill(name: string): Promise<void>;
  /** Who answers for web1, by as many fresh connections. */
  answers(): Promise<string[]>;
  address(): Promise<string>;
  run(command: string): Promise<string>;
  exitCode(): Promise<string>;
}

async function startBed(exec = ['nginx', '-g', 'daemon off;'], until = /start worker process/): Promise<Bed> {
  await using starting = new AsyncDisposableStack();
  const network = starting.use(await new Network().start());
  const webs = new Map<string, StartedTestContainer>();
  const consul = starting.use(
    await new GenericContainer('upsync-test/consul')
      .withNetwork(network)
      .withNetworkAliases('consul')
      .withWaitStrategy(Wait.forLogMessage(/cluster leadership acquired/))
      .start(),
  );
  const agent = `http://${await addressOf(consul.getId(), network.getName())}:8500/v1/agent`;
  const yaml = { consul: { address: 'http://consul:8500' }, upstreams: { web1: {} }, exec };
  const both = starting.use(
    await new GenericContainer('upsync-test/upsync')
      .withNetwork(network)
      .withCopyContentToContainer([
        { content: nginxConf, target: '/etc/nginx/nginx.conf' },
        { content: JSON.stringify(yaml), target: '/etc/upsync.yaml' },
      ])
      .withCommand(['--config', '/etc/upsync.yaml', '--log-format', 'pretty'])
      .withWaitStrategy(Wait.forLogMessage(until))
      .start(),
  );
  let log = '';
  onTestFailed(() => console.error(log));
  const address = () => addressOf(both.getId(), network.getName());
  const started = starting.move();
  return {
    both,
    address,
    async join() {
      const name = `web1-${webs.size + 1}`;
      const web = started.use(
        await new GenericContainer('upsync-test/web').withHostname(name).withNetwork(network).start(),
      );
      const Address = await addressOf(web.getId(), network.getName());
      const Check = { HTTP: `http://${Address}/`, Interval: '1s', Timeout: '1s', Status: 'passing' };
      const body = JSON.stringify({ ID: name, Name: 'web1', Address, Port: 80, Check });
      const { ok, status } = await fetch(`${agent}/service/register`, { method: 'PUT', body });
      if (!ok) throw new Error(`Consul answered ${status}`);
      webs.set(name, web);
      return name;
    },
    async kill(name) {
      await docker('kill', webs.get(name)?.getId() ?? name);
    },
    async answers() {
      const url = `http://${await address()}:8080/web1/`;
      const all = await Promise.all(Array.from({ length: 12 }, () => ask(url)));
      return [...new Set(all.map(({ status, body }) => (status === 200 ? body.trim() : `${status}`)))].sort();
    },
    run: (command) => docker('exec', both.getId(), 'sh', '-c', command),
    exitCode: () => docker('inspect', '--format', '{{.State.ExitCode}}', both.getId()),
    async [Symbol.asyncDispose]() {
      log = await logOf(both.getId());
      await started.disposeAsync();
    },
  };
}

/** There is no event to await for what clients see but to be one. */
async function answered(bed: Bed, names: readonly string[]): Promise<void> {
  await expect.poll(() => bed.answers().catch(String), { timeout: 20_000, interval: 50 }).toEqual(names);
}
