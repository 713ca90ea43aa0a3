import { expect, test } from 'vitest';
import { docker } from './support/docker.ts';
import { deaf, type RegistrarBed, startRegistrarBed } from './support/registrar-bed.ts';

test('a container that is told to stop is in maintenance until it has ended, over a restart of the registrar', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web', deaf);
  await registrar.next('register');
  const stopped = docker('stop', '--time', '60', bed.nameOf('web'));
  await registrar.next('maintain');
  expect(await reasons(bed)).toEqual([expect.stringMatching(/^upsync-registrar: told to stop at 20/)]);

  await registrar.kill();
  await using next = bed.register('--resync', '1s');
  await next.next('inStep');
  await next.next('inStep');
  expect(await reasons(bed)).toHaveLength(1);

  await docker('kill', bed.nameOf('web'));
  await next.next('deregister');
  await stopped;
  expect(await bed.services()).toEqual({});

  await docker('start', bed.nameOf('web'));
  await next.next('register');
  await next.next('inStep');
  expect(await reasons(bed)).toEqual([]);
});

test('a registrar that has just started knows from the agent who was told to stop, and since when', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web', deaf);
  await registrar.next('register');
  await registrar.kill();
  // As an earlier one wrote it, for a signal too far back to be told again.
  const reason = encodeURIComponent(`upsync-registrar: told to stop at ${new Date().toISOString()}`);
  const path = `/v1/agent/service/maintenance/${bed.idOf('web')}?enable=true&reason=${reason}`;
  await bed.consul.request('PUT', path);
  await using next = bed.register('--resync', '1s');
  await next.next('inStep');
  await next.next('inStep');
  expect(await reasons(bed)).toHaveLength(1);
  await next.kill();

  await docker('restart', '--time', '0', bed.nameOf('web'));
  await using third = bed.register();
  await third.next('endMaintenance');
});

test('its own stop signal counts too, and no other one', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  const traps = ['sh', '-c', 'trap "" HUP USR1; while :; do sleep 1; done'];
  await bed.run('web', { ...deaf, options: ['--expose', '80', '--stop-signal', 'SIGUSR1'], command: traps });
  await registrar.next('register');
  await docker('kill', '--signal', 'HUP', bed.nameOf('web'));
  await registrar.next('inStep');
  expect(await reasons(bed)).toEqual([]);
  await docker('kill', '--signal', 'USR1', bed.nameOf('web'));
  await registrar.next('maintain');
});

test('a paused container is in maintenance for that time', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  await docker('pause', bed.nameOf('web'));
  await registrar.next('maintain');
  expect(await reasons(bed)).toEqual(['upsync-registrar: paused']);
  await docker('unpause', bed.nameOf('web'));
  await registrar.next('endMaintenance');
  expect(await reasons(bed)).toEqual([]);
});

test('maintenance that a person began lasts until the person ends it', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--resync', '1s');
  await bed.run('web', deaf);
  await registrar.next('register');
  await bed.consul.maintenance(bed.idOf('web'), true);
  await registrar.next('inStep');
  await registrar.next('inStep');
  expect(await reasons(bed)).toHaveLength(1);
  expect(registrar.count('endMaintenance')).toBe(0);
});

async function reasons(bed: RegistrarBed): Promise<readonly string[]> {
  return (await bed.checks(bed.idOf('web'))).map(({ Notes }) => Notes);
}
