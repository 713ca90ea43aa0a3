import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One instance of a demo service: `node demo/web.ts web1 node4 127.0.0.4 30002`. `GET /` says who answers, `GET
 * /healthz` how it is, and `POST /sick` and `POST /well` change that: a sick one goes on answering, as in life.
 */
const [service = 'web1', node = 'node1', address = '127.0.0.1', port = '30002'] = process.argv.slice(2);
const instance = `${address}:${port}`;
const started = performance.now();
let sick = false;
let draining = false;

const server = createServer(async (request, response) => {
  const [status, body] = await answer(`${request.method} ${request.url}`);
  // Whoever kept this connection hears in time that it ends, and sends its next request elsewhere.
  if (draining) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
});

async function answer(asked: string): Promise<readonly [status: number, body: object]> {
  switch (asked) {
    case 'GET /': {
      // A little work, so that there are requests under way whenever a node dies.
      await sleep(4 + 8 * Math.random());
      return [200, { service, node, instance, uptime: Math.round(performance.now() - started) }];
    }
    case 'POST /sick':
    case 'POST /well':
      sick = asked === 'POST /sick';
      return [200, { sick }];
    case 'GET /healthz':
      return [sick ? 503 : 200, { sick }];
    default:
      return [404, { error: `${asked} is nothing that ${service} knows` }];
  }
}

// Longer than nginx keeps its idle connections (60 s): nginx is then always the one that closes them.
server.keepAliveTimeout = 75_000;
server.listen(Number(port), address, () => console.log(`${service} of ${node} listens on ${instance}`));
server.on('error', (error) => {
  console.error(`${service} of ${node} cannot listen on ${instance}: ${error.message}`);
  process.exitCode = 1;
});
process.once('SIGTERM', () => {
  draining = true;
  server.close();
});
