import { type Consul, startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { gateway, killAll } from '../support/gateway.ts';
import { runUpsync, startUpsync, type Upsync, writeConfig } from '../support/upsync.ts';
import { Fleet } from './fleet.ts';
import { backends } from './generator.ts';
import type { Signal } from './operation.ts';
import { Rest } from './rest.ts';
import { configuration } from './services.ts';

/** All that the soak runs: a Consul that keeps its data, an nginx, upsync, and the backends. */
export interface Environment extends AsyncDisposable {
  readonly consul: Consul;
  readonly nginx: NginxBed;
  readonly fleet: Fleet;
  readonly upsync: Sidecar;
}

/** upsync, which is ended and started again. */
interface Sidecar {
  /** Undefined while it is ended. */
  readonly process: Upsync | undefined;
  readonly atRest: () => boolean;
  start(): Promise<void>;
  end(signal: Signal): Promise<void>;
  /** The last lines of its log. */
  tail(): readonly string[];
}

/** Two upstreams are named as they usually are; nginx does not start where one of them is missing. */
const layout = gateway({
  named: ['web-down', 'web-keep'],
  server: 'location /web-drop { set $upstream web-drop; proxy_pass http://$upstream; }',
  http: 'add_header x-tried $upstream_addr always;',
});

export async function startEnvironment(): Promise<Environment> {
  await using started = new AsyncDisposableStack();
  const consul = started.use(await startConsul({ mode: 'server' }));
  const nginx = started.use(await layNginx(layout));
  const fleet = started.use(await Fleet.start(await freePorts('127.0.0.1', backends)));
  const flags = await writeConfig(nginx, configuration);
  const place = { consul, nginx };
  const seeded = await runUpsync(place, ...flags, '--once', '--apply', '--seed');
  if (seeded.code !== 0) throw new Error(`upsync --once --apply --seed: ${seeded.stdout}${seeded.stderr}`);
  await nginx.start();
  const env = { NODE_OPTIONS: `--import=${new URL('heap.ts', import.meta.url).href}` };
  const upsync = sidecar(() => startUpsync({ ...place, env }, ...flags));
  started.defer(() => upsync.end('SIGKILL'));
  await upsync.start();
  const running = started.move();
  return { consul, nginx, fleet, upsync, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Master and workers, as when the machine goes down, or as an operator stops them. */
export function endNginx(nginx: NginxBed, signal: Signal): Promise<void> {
  return signal === 'SIGKILL' ? killAll(nginx) : nginx.stop();
}

function sidecar(launch: () => Upsync): Sidecar {
  let last: Upsync | undefined;
  let running: Upsync | undefined;
  let rest = new Rest([]);
  return {
    get process() {
      return running;
    },
    atRest: () => rest.isAtRest(),
    async start() {
      running = launch();
      last = running;
      rest = new Rest(running.lines);
      // From here on it listens to SIGHUP too.
      await running.next('started');
    },
    async end(signal) {
      const ending = running;
      running = undefined;
      ending?.signal(signal);
      await ending?.ended;
    },
    tail: () => [...(last?.lines ?? []).slice(-40).map((line) => JSON.stringify(line)), last?.text() ?? ''],
  };
}
