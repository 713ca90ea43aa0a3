import { once } from 'node:events';
import { join, relative } from 'node:path';
import { binary } from '../test/bed/consul.ts';
import type { Environment } from './environment.ts';
import type { Screen } from './screen.ts';
import { reasons } from './verdict.ts';

const root = join(import.meta.dirname, '..');

/** What a request needs at most, in ms: those younger than this at Ctrl-C met an nginx that had heard it too. */
const underWay = 100;

/** Leaves all running until `signal` aborts, and says what a person can do meanwhile. */
export async function keepRunning(
  environment: Environment,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const tally = environment.load.measure();
  explain(environment, screen);
  if (!signal.aborted) await once(signal, 'abort');
  const { sent, retried } = tally;
  const end = performance.now() - underWay;
  const losses = tally.losses.filter(({ sentAt }) => sentAt < end);
  screen.blank();
  screen.say(
    `Since the drill: ${sent.toLocaleString('en')} requests, ${losses.length} lost, ${retried} retried.`,
  );
  if (losses.length > 0) screen.say(`Lost: ${reasons(losses)}.`);
}

function explain({ gateway, consul, status, nodes, managed }: Environment, screen: Screen): void {
  const port = 30004;
  screen.blank();
  screen.title('All goes on running, under load, until Ctrl-C.');
  screen.fact('gateway', `${gateway.url}/web1/  ${gateway.url}/web2/`);
  screen.fact('Consul', `${consul}/ui`);
  screen.fact('status', status);
  screen.fact('nginx.conf', inClone(gateway.conf));
  screen.fact('managed', `${inClone(managed)}/current/`);
  screen.blank();
  screen.title('Try it from another terminal:');
  screen.command(`cd ${root}`);
  screen.command(`alias consul=${inClone(binary())}`);
  screen.command(`export CONSUL_HTTP_ADDR=${consul}`);
  screen.say('One more web1 joins:');
  screen.command(`node_modules/.bin/node demo/web.ts web1 node1 127.0.0.1 ${port} &`);
  screen.command(`consul services register -name web1 -id more -port ${port}`);
  screen.say('It leaves, and then ends:');
  screen.command('consul services deregister -id more');
  screen.command('kill %1');
  screen.say('Node 2 goes into maintenance, and comes back:');
  screen.command(`consul maint -http-addr ${nodes.get(2).consul.url} -enable`);
  screen.command(`consul maint -http-addr ${nodes.get(2).consul.url} -disable`);
  screen.blank();
}

/** What lies in the clone is named from there. */
function inClone(path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') ? path : inside;
}
