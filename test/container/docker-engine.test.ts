import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createEngine } from '../../src/registrar/docker/engine.ts';
import type { DockerOptions } from '../../src/registrar/docker/options.ts';
import { binary } from '../bed/consul.ts';
import { docker } from './support/docker.ts';

const { signal } = new AbortController();

test('the engine is reached over its socket', async () => {
  const engine = createEngine({ kind: 'socket', path: '/var/run/docker.sock' }, { stopped: false });
  const { host } = await engine.inventory(signal);
  expect(host).toEqual({
    id: await docker('info', '--format', '{{.ID}}'),
    name: await docker('info', '--format', '{{.Name}}'),
  });
});

test('the engine is reached over TCP, whatever the environment says', async () => {
  await using server = await listen(createServer(relay));
  process.env.DOCKER_HOST = 'unix:///nowhere';
  try {
    expect(await nameOf({ ...server.at, certificates: undefined })).not.toBe('');
  } finally {
    delete process.env.DOCKER_HOST;
  }
});

test('the engine is reached over TLS, with a certificate on both sides', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upsync-docker-'));
  try {
    for (const what of [
      ['ca', 'create'],
      ['cert', 'create', '-server'],
      ['cert', 'create', '-client'],
    ]) {
      await promisify(execFile)(binary(), ['tls', ...what], { cwd: folder });
    }
    const own = {
      'ca.pem': 'consul-agent-ca',
      'cert.pem': 'dc1-client-consul-0',
      'key.pem': 'dc1-client-consul-0-key',
    };
    for (const [name, from] of Object.entries(own))
      await copyFile(join(folder, `${from}.pem`), join(folder, name));
    const pem = (name: string) => readFile(join(folder, name));
    const options = {
      ca: await pem('ca.pem'),
      cert: await pem('dc1-server-consul-0.pem'),
      key: await pem('dc1-server-consul-0-key.pem'),
      requestCert: true,
    };
    await using server = await listen(createTlsServer(options, relay));
    expect(await nameOf({ ...server.at, certificates: folder })).not.toBe('');
    await expect(nameOf({ ...server.at, certificates: undefined })).rejects.toThrow(/^127\.0\.0\.1:\d+: /);
    expect(() => createEngine({ ...server.at, certificates: '/nowhere' }, { stopped: false })).toThrow(
      /^\/nowhere\/ca\.pem: .*; check DOCKER_CERT_PATH$/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function nameOf(options: DockerOptions): Promise<string> {
  return (await createEngine(options, { stopped: false }).inventory(signal)).host.name;
}

function relay(client: Socket): void {
  const engine = connect('/var/run/docker.sock');
  client.pipe(engine).pipe(client);
  client.on('error', () => engine.destroy()).on('close', () => engine.destroy());
}

async function listen(server: Server) {
  server.listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('it has no port');
  return {
    at: { kind: 'tcp', host: '127.0.0.1', port: bound.port } as const,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
