import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';
import { startMariadb, startRedis } from '../bed/databases.ts';
import { startNginx } from '../bed/nginx.ts';
import { listen } from '../support/backend.ts';
import { type DemoService, startDemoService } from '../support/demo-service.ts';
import { ask, steadily } from '../support/gateway.ts';
import { startUpsync } from '../support/upsync.ts';

test('/ says which node and which instance answered', async () => {
  await using web = await startDemoService({ SERVICE_NAME: 'service_web2', NODE_NAME: 'node3' });
  const answer = await fetch(web.url);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await answer.json()).toEqual({
    service: 'service_web2',
    node: 'node3',
    instance: `${hostname()}:${web.port}`,
    uptime: expect.any(Number),
  });
  const other = await fetch(`${web.url}/other`);
  expect(other.status).toBe(404);
  expect(await other.json()).toMatchObject({ error: 'GET /other is nothing that we know' });
});

test('a variable that makes no sense is said in one line, and ends it', async () => {
  await expect(startDemoService({ SW_OAP_ADDRESS: 'http://oap:12800' })).rejects.toThrow(
    /^it ended with 1 before it listened:\nSW_OAP_ADDRESS must be HOST:PORT of .*\n$/,
  );
});

test('a taken port is said in one line, and ends it, whatever it has opened by then', async () => {
  await using redis = await startRedis();
  await using first = await startDemoService({});
  const second = startDemoService({ PORT: `${first.port}`, REDIS_URL: redis.url });
  await expect(second).rejects.toThrow(/^it ended with 1 before it listened:\nlisten EADDRINUSE.*\n$/);
});

test('it starts before MySQL, Redis and web2, says of /get what is missing, and is never sick of that', async () => {
  const [mysqlPort = 0, redisPort = 0, web2Port = 0] = await freePorts('127.0.0.1', 3);
  await using web1 = await startDemoService({
    MYSQL_URL: `mysql://demo:secret@127.0.0.1:${mysqlPort}/demo`,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    WEB2_URL: `http://127.0.0.1:${web2Port}/get`,
    DRAIN_SECONDS: '0',
  });
  const getIt = async () => {
    const health = await fetch(`${web1.url}/healthz`);
    expect(health.status).toBe(200);
    const answer = await fetch(`${web1.url}/get`);
    return [answer.status, await answer.json()] as const;
  };
  const missing = (error: string) => [
    502,
    expect.objectContaining({ error: expect.stringContaining(error) }),
  ];
  expect(await getIt()).toEqual(missing(`mysql: connect ECONNREFUSED 127.0.0.1:${mysqlPort}`));
  await using mariadb = await startMariadb({ port: mysqlPort });
  expect(await getIt()).toEqual(missing('redis: '));
  await using redis = await startRedis({ port: redisPort });
  // The client tries by itself, at most 2 s after the last time.
  await expect.poll(getIt, { timeout: 10_000 }).toEqual(missing('web2: connect ECONNREFUSED'));
  await using web2 = await startDemoService({ SERVICE_NAME: 'service_web2', PORT: `${web2Port}` });
  expect(await getIt()).toEqual([200, expect.objectContaining({ web2: expect.anything() })]);

  // And ends with all of that gone again.
  await web2[Symbol.asyncDispose]();
  await mariadb[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  web1.signal('SIGTERM');
  expect(await web1.ended, web1.text()).toBe(0);
});

test('after SIGTERM it goes on serving under load, tells health checks and kept connections at once, and ends', async () => {
  await using web = await startDemoService({ DRAIN_SECONDS: '3' });
  const clients = 8;
  const load = keptLoad(web, clients);
  await load.answered(100);
  expect(load.closed()).toBe(0);
  web.signal('SIGTERM');
  await expect.poll(async () => (await fetch(`${web.url}/healthz`)).status).toBe(503);
  const told = load.closed();
  await load.answered(100);
  // All but those that had been answered before, and were still to be read.
  expect(load.closed() - told).toBeGreaterThanOrEqual(100 - clients);
  expect(await load.stop()).toEqual([]);
  expect(await web.ended).toBe(0);
});

test('an answer that takes longer than the drain is still given, and then it ends', async () => {
  const held = Promise.withResolvers<void>();
  await using slow = createServer(async (_, response) => {
    await held.promise;
    response.end('{"late":true}');
  });
  const port = await listen(slow);
  await using web = await startDemoService({ WEB2_URL: `http://127.0.0.1:${port}/`, DRAIN_SECONDS: '0.2' });
  const answer = fetch(`${web.url}/get`);
  await once(slow, 'request');
  web.signal('SIGTERM');
  // It takes nothing new any more, and still owes an answer.
  await expect
    .poll(() =>
      fetch(web.url).then(
        () => 'taken',
        () => 'refused',
      ),
    )
    .toBe('refused');
  held.resolve();
  expect(await (await answer).json()).toMatchObject({ web2: { late: true } });
  expect(await web.ended).toBe(0);
});

test('behind Consul, upsync and nginx an instance that is told to go leaves without a lost request', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx({
    layout: ({ main, http, host, port }) => ({
      'nginx.conf': `${main}
events {}
http {
${http}
include upsync/http/*.conf;
server {
  listen ${host}:${port};
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  # What is lost shall be seen.
  proxy_next_upstream off;
  location /web1/ { proxy_pass http://$upstream/; }
  set $upstream web1;
}
}
`,
    }),
  });
  await using one = await startDemoService({ NODE_NAME: 'node1', DRAIN_SECONDS: '6' });
  await using two = await startDemoService({ NODE_NAME: 'node2', DRAIN_SECONDS: '6' });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1=service_web1');
  for (const [ID, web] of Object.entries({ one, two })) {
    const Check = { HTTP: `${web.url}/healthz`, Interval: '1s', Timeout: '1s', Status: 'passing' };
    const place = { Address: '127.0.0.1', Port: web.port };
    await consul.request('PUT', '/v1/agent/service/register', { ID, Name: 'service_web1', ...place, Check });
  }
  const url = `${nginx.url}/web1/`;
  const nodes = async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(url)));
    return new Set(answers.map(({ body }) => /"node":"(\w+)"/.exec(body)?.[1] ?? body));
  };
  await upsync.next('changed', ({ up }) => up === 2);
  await upsync.next('published');
  await expect.poll(nodes, { timeout: 10_000 }).toEqual(new Set(['node1', 'node2']));

  const load = [steadily(url), steadily(url)];
  one.signal('SIGTERM');
  await upsync.next('changed', ({ up }) => up === 1);
  await upsync.next('published');
  expect(await one.ended).toBe(0);
  expect(await nodes()).toEqual(new Set(['node2']));
  const answers = Object.keys(Object.assign({}, ...(await Promise.all(load.map((each) => each.stop())))));
  expect(answers.length).toBeGreaterThan(100);
  expect(answers.filter((answer) => !answer.startsWith('{"service":"service_web1"'))).toEqual([]);
});

interface KeptLoad {
  /** Resolves after so many more answers. */
  answered(more: number): Promise<void>;
  /** How many answers said that their connection ends. */
  closed(): number;
  /** Resolves with what was lost. */
  stop(): Promise<readonly string[]>;
}

/** So many clients that ask without a pause, each on a connection that it keeps as long as the server lets it. */
function keptLoad(web: DemoService, clients: number): KeptLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const failures: string[] = [];
  const watchers = new Set<() => void>();
  let [answers, closed, stopped] = [0, 0, false];
  const run = async () => {
    while (!stopped) {
      try {
        const response = await askOn(agent, web.url);
        if (response.statusCode !== 200) failures.push(`status ${response.statusCode}`);
        if (response.headers.connection === 'close') closed += 1;
      } catch (error) {
        failures.push(String(error));
      }
      answers += 1;
      for (const look of watchers) look();
    }
  };
  const running = Promise.all(Array.from({ length: clients }, run));
  return {
    answered(more) {
      const goal = answers + more;
      return new Promise((resolve) => {
        const look = () => {
          if (answers >= goal && watchers.delete(look)) resolve();
        };
        watchers.add(look);
      });
    },
    closed: () => closed,
    async stop() {
      stopped = true;
      await running;
      agent.destroy();
      return failures;
    },
  };
}

function askOn(agent: Agent, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response
        .on('error', reject)
        .on('end', () => resolve(response))
        .resume();
    }).on('error', reject);
  });
}
