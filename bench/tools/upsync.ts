import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSidecar } from './sidecar.ts';
import type { Setup, Sidecar, Tool } from './tool.ts';

const root = join(import.meta.dirname, '../..');

/** upsync as npm installs it: bundled. */
export async function buildUpsync(): Promise<void> {
  await promisify(execFile)(join(root, 'node_modules/.bin/rolldown'), ['-c'], { cwd: root });
}

/** With its defaults, status page included; its log as JSON, as beside a log collector. */
export const upsync: Tool = {
  name: 'upsync',
  renderedBy: (setup) => join(outputOf(setup), 'current/http/upstreams.conf'),
  start: (setup) => start(setup, 'reload'),
};

/** The same beside an nginx with the Lua module, whose workers follow by themselves. */
export const pushingUpsync: Tool = {
  name: 'upsync --via push',
  renderedBy: (setup) => join(outputOf(setup), 'current/peers'),
  lua: true,
  start: (setup) => start(setup, 'push'),
};

async function start(setup: Setup, via: 'reload' | 'push'): Promise<Sidecar> {
  const config = join(setup.gateway.bed.folder, 'upsync.yaml');
  await writeFile(config, configOf(setup));
  const { preload, debug = false } = setup;
  const level = debug ? ['--log-level', 'debug'] : [];
  return startSidecar(
    process.execPath,
    [join(root, 'dist/main.js'), '--config', config, '--via', via, '--log-format', 'json', ...level],
    preload === undefined ? {} : { NODE_OPTIONS: `--import=${preload.href}` },
  );
}

function outputOf({ gateway }: Setup): string {
  return join(gateway.bed.folder, 'upsync');
}

/** JSON is YAML, and names need no care in it. */
function configOf(setup: Setup): string {
  const { consul, gateway, services, consistent = false } = setup;
  const { tls } = consul;
  const lines = {
    consul: {
      address: consul.url,
      ...(consistent && { stale: false }),
      ...(tls && {
        tls: { ca_file: tls.ca, cert_file: tls.cert, key_file: tls.key, server_name: tls.serverName },
      }),
    },
    nginx: { conf: gateway.bed.conf, binary: gateway.binary },
    output: outputOf(setup),
    listen: '127.0.0.1:0',
    upstreams: Object.fromEntries(services.map((name) => [name, {}])),
  };
  const yaml = Object.entries(lines).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `${yaml.join('\n')}\n`;
}
