import { expect, test } from 'vitest';
import { docker } from './support/docker.ts';
import { startRegistrarBed } from './support/registrar-bed.ts';

const options = ['--health-cmd', 'test -e /well', '--health-interval', '200ms', '--health-retries', '1'];

test("Docker's HEALTHCHECK becomes a check of Consul's that says the same", async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  const says = (status: string) => registrar.next('report', ({ msg }) => msg.includes(` ${status}: `));
  const state = async () => (await bed.checks(bed.idOf('web')))[0]?.Status;
  await bed.run('web', { options });
  await registrar.next('register');
  // Before its HEALTHCHECK has passed once, it is not to be sent traffic.
  expect(await state()).toBe('critical');
  await docker('exec', bed.nameOf('web'), 'touch', '/well');
  await says('passing');
  expect(await bed.checks(bed.idOf('web'))).toMatchObject([
    { CheckID: `service:${bed.idOf('web')}`, Status: 'passing', Output: 'healthy' },
  ]);
  await docker('exec', bed.nameOf('web'), 'rm', '/well');
  await says('critical');
  expect(await state()).toBe('critical');
});

test('its check is kept fresh as long as the registrar runs, and runs out without it', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--ttl', '3s');
  const state = async () => (await bed.checks(bed.idOf('web')))[0]?.Status;
  await bed.run('web', { options: ['--health-cmd', 'true', '--health-interval', '200ms'] });
  await registrar.next('report', ({ msg }) => msg.includes(' passing: healthy'));
  registrar.forget();
  const start = performance.now();
  // Each is due after a second: five outlast the three that the agent waits.
  for (let each = 0; each < 5; each += 1) {
    await registrar.next('report');
    expect(await state()).toBe('passing');
  }
  expect(performance.now() - start).toBeGreaterThan(3_500);
  await registrar.kill();
  await expect.poll(state, { timeout: 20_000 }).toBe('critical');
  await using next = bed.register('--ttl', '3s');
  await next.next('report');
  expect(await state()).toBe('passing');
});

test('with --ttl a container without any check has one too, and without it loses it', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--ttl', '3s');
  await bed.run('web');
  await registrar.next('register');
  expect(await bed.checks(bed.idOf('web'))).toMatchObject([{ Status: 'passing' }]);
  await registrar.kill();
  await using next = bed.register();
  await next.next('dropCheck');
  expect(await bed.checks(bed.idOf('web'))).toEqual([]);
});

test('a check that the application keeps fresh is left to it', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--resync', '1s');
  await bed.run('web', { options: [...options, '--label', 'SERVICE_CHECK_TTL=1h'] });
  await registrar.next('register');
  await bed.consul.request('PUT', `/v1/agent/check/pass/service:${bed.idOf('web')}`);
  await registrar.next('inStep');
  await registrar.next('inStep');
  expect(registrar.count('report')).toBe(0);
  expect(await bed.checks(bed.idOf('web'))).toMatchObject([{ Status: 'passing' }]);
});
