import { stat } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { docker, logged } from './support/docker.ts';
import { startRegistrarBed } from './support/registrar-bed.ts';
import { buildSidecar } from './support/sidecar-image.ts';

const socket = '/var/run/docker.sock';

beforeAll(buildSidecar);

test("in a container it needs no more than the socket and its group's right to use it", async () => {
  await using bed = await startRegistrarBed();
  await bed.run('web');
  const { gid } = await stat(socket);
  const least = [
    '--user',
    `65534:${gid}`,
    '--read-only',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
  ];
  const settings = {
    UPSYNC_CONSUL: bed.consul.url,
    UPSYNC_REGISTER_INTERNAL: 'true',
    UPSYNC_REGISTER_NETWORK: bed.network,
    UPSYNC_REGISTER_EXPLICIT: 'true',
    UPSYNC_REGISTER_HOSTNAME: 'host1',
  };
  const env = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  // The bed's agent listens on this machine's loopback address alone.
  const own = ['--name', bed.nameOf('registrar'), '--network', 'host', '--volume', `${socket}:${socket}:ro`];
  const registrar = await docker(
    'run',
    '--detach',
    ...own,
    ...least,
    ...env,
    'upsync-test/upsync',
    'register',
  );
  expect(await logged(registrar, /"event":"register"/)).toContain(bed.idOf('web'));
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web')]);
  await docker('stop', '--time', '10', registrar);
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', registrar)).toBe('0');
});
