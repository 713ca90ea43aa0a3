import { join } from 'node:path';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { expect, test } from 'vitest';
import { createVolume, docker, logged, runBeside, type Volume } from './support/docker.ts';

const script = join(import.meta.dirname, '../../nginx/docker-entrypoint.d/90-upsync.sh');
const nginx = 'nginx -g "daemon off; error_log /dev/stderr notice;"';
const started = /start worker process/;
const reloading = /signal 1 \(SIGHUP\).*reconfiguring/;

test('a line that another container writes to the FIFO reloads nginx', async () => {
  await using volume = await createVolume();
  await using gateway = await startGateway(volume);
  await writeLine(volume);
  expect(await logged(gateway.getId(), reloading)).toBeDefined();
});

test.for([
  { how: 'restarted', again: (id: string) => docker('restart', '--time', '5', id) },
  { how: 'killed and started', again: (id: string) => docker('kill', id).then(() => docker('start', id)) },
])('a gateway that was $how reloads again', async ({ again }) => {
  await using volume = await createVolume();
  await using gateway = await startGateway(volume);
  await again(gateway.getId());
  await logged(gateway.getId(), started);
  await writeLine(volume);
  expect(await logged(gateway.getId(), reloading)).toBeDefined();
});

test('a gateway re-created over the same volume reloads again', async () => {
  await using volume = await createVolume();
  await (await startGateway(volume)).stop();
  await using gateway = await startGateway(volume);
  await writeLine(volume);
  expect(await logged(gateway.getId(), reloading)).toBeDefined();
});

test('a line written before nginx stands is not lost', async () => {
  await using volume = await createVolume();
  const held = `mkfifo /etc/nginx/upsync/go && echo holding && read -r _ </etc/nginx/upsync/go && exec ${nginx}`;
  await using gateway = await startGateway(volume, { command: held, until: /holding/ });
  await writeLine(volume);
  await runBeside(volume, 'echo go >/shared/go');
  expect(await logged(gateway.getId(), reloading)).toBeDefined();
});

test.for([
  { what: 'a file', make: 'echo reload >/shared/reload.fifo' },
  { what: 'a folder', make: 'mkdir -p /shared/reload.fifo/full' },
  { what: 'a dangling link', make: 'ln -s nowhere /shared/reload.fifo' },
])('$what in the place of the FIFO gives way to it', async ({ make }) => {
  await using volume = await createVolume();
  await runBeside(volume, make);
  await using _gateway = await startGateway(volume);
  expect(await runBeside(volume, 'stat -c %F /shared/reload.fifo')).toBe('fifo');
});

test('nobody reads the FIFO once the gateway has stopped', async () => {
  await using volume = await createVolume();
  await using gateway = await startGateway(volume);
  await docker('stop', gateway.getId());
  await expect(writeLine(volume)).rejects.toThrow('No such device or address');
});

test('reloads leave no zombie behind', async () => {
  await using volume = await createVolume();
  await using gateway = await startGateway(volume);
  await writeLine(volume);
  await logged(gateway.getId(), /worker process \d+ exited with code 0/);
  const states = await docker('top', gateway.getId(), '-o', 'pid,stat,args');
  expect(states).toContain('90-upsync.sh');
  expect(states).not.toContain('Z');
});

function startGateway(
  volume: Volume,
  { command = `exec ${nginx}`, until = started } = {},
): Promise<StartedTestContainer> {
  return new GenericContainer('upsync-test/nginx')
    .withCommand(['sh', '-c', command])
    .withBindMounts([
      { source: volume.name, target: '/etc/nginx/upsync' },
      { source: script, target: '/docker-entrypoint.d/90-upsync.sh', mode: 'ro' },
    ])
    .withWaitStrategy(Wait.forLogMessage(until))
    .start();
}

/**
 * Like upsync: opening without blocking is refused where nobody reads. `dd` says why, where a shell
 * would wait.
 */
async function writeLine(volume: Volume): Promise<void> {
  await runBeside(
    volume,
    'echo reload | dd of=/shared/reload.fifo oflag=nonblock conv=nocreat,notrunc status=none',
  );
}
