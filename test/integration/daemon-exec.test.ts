import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { runs, until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { nginxCommand } from '../support/exec.ts';
import { ask, endOrphans, gateway, orphansOf, tally } from '../support/gateway.ts';
import {
  type LogLine,
  outputOf,
  runUpsync,
  startUpsync,
  type Upsync,
  writeConfig,
} from '../support/upsync.ts';

/** Without a Consul. */
const away = { url: 'http://127.0.0.1:9' };

const isChild = (state: string) => (line: LogLine) => line.state === state;

/** Waits until nginx runs, and upsync has seen it. */
async function up(upsync: Upsync): Promise<number> {
  const { pid } = await upsync.next('nginx', isChild('running'));
  await upsync.next('gateway', isChild('running'));
  return Number(pid);
}

test('from an empty folder nginx is started once there is a release, serves, and follows Consul', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  // It tells what there was when it was started.
  const look = join(nginx.folder, 'look.sh');
  await writeFile(
    look,
    `ls ${outputOf(nginx)}/current/ >${nginx.folder}/seen 2>&1; exec ${nginxCommand(nginx)}`,
  );
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', `sh ${look}`);
  const pid = await up(upsync);
  expect(await readFile(join(nginx.folder, 'seen'), 'utf8')).toContain('http.conf');
  expect(await nginx.errorLog()).not.toContain('[emerg]');
  expect(pid).toBe(await nginx.pid());
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });

  await consul.register(two.as('web1'));
  await upsync.next('changed', ({ up }) => up === 2);
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('a Consul that is away keeps nginx down for two seconds at most, however long the start may wait for it', async () => {
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  const began = performance.now();
  const exec = ['--exec', nginxCommand(nginx), '--start-timeout', '1m'];
  await using upsync = startUpsync({ consul: away, nginx }, '--service', 'web1', ...exec);
  await up(upsync);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ 503: 2 });
});

test('that is for the first start alone: later on Consul has the whole time', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\nstart_timeout: 4s');
  await using upsync = startUpsync({ consul, nginx }, ...flags, '--exec', nginxCommand(nginx));
  await up(upsync);
  await upsync.next('unchanged');
  await consul.kill();
  // nginx.conf goes on naming web1.
  await writeConfig(nginx, 'upstreams: {web2: {}}\nstart_timeout: 100ms');
  upsync.signal('SIGHUP');
  const { what } = await upsync.next('problem', ({ level }) => level === 'error');
  expect(what).toBe('the new configuration is not used: nginx does not take it; the one before goes on');
  const began = performance.now();
  await upsync.next('notice', ({ kind, upstream }) => kind === 'missing' && upstream === 'web1');
  expect(performance.now() - began).toBeGreaterThan(3_500);
});

test('a release that is not to be had does not keep nginx from starting with the one before', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await runUpsync({ consul, nginx }, '--service', 'web1', '--once', '--apply');
  const templates = join(nginx.folder, 'templates');
  await using upsync = await startWithTemplates({ consul, nginx }, templates, 'upstream <');
  await upsync.next('rejected');
  await up(upsync);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('nginx is not started while there is nothing that it takes, and is as soon as there is', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const templates = join(nginx.folder, 'templates');
  await using upsync = await startWithTemplates({ consul, nginx }, templates, 'no_such_directive;');
  await upsync.next('rejected');
  // It was tried again meanwhile.
  await upsync.next('progress', (line) => line.step === 'stage');
  await upsync.next('progress', (line) => line.step === 'stage');
  await expect(access(nginx.pidFile)).rejects.toThrow('ENOENT');
  await writeFile(join(templates, 'any.conf.eta'), '# nothing\n');
  await up(upsync);
  expect((await ask(nginx.url)).body).toBe('gateway');
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  test(`${signal} lets requests under way finish, and ends with nginx's own code`, async () => {
    await using held = await startHeld(signal === 'SIGQUIT' ? '1s' : '30s');
    const { upsync, nginx } = held;
    upsync.signal(signal);
    expect(await upsync.next('nginx', isChild('stopping'))).toMatchObject({ stage: 'quit' });
    // It takes no new ones.
    await until('nginx listens no more', async () =>
      ask(nginx.url).then(
        () => false,
        () => true,
      ),
    );
    held.release();
    expect(await held.answer).toBe(200);
    expect(await upsync.ended).toEqual({ code: 0, signal: null });
    expect(await upsync.next('nginx', isChild('ended'))).toMatchObject({ code: 0, why: 'asked' });
    expect(await runs(held.pid)).toBe(false);
    expect(upsync.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
}

test('requests that take longer than the stop timeout are cut off', async () => {
  await using held = await startHeld('500ms');
  held.upsync.signal('SIGTERM');
  await held.upsync.next('nginx', isChild('stopping'));
  expect(await held.upsync.next('nginx', isChild('stopping'))).toMatchObject({
    level: 'warn',
    stage: 'term',
  });
  expect(await held.upsync.ended).toEqual({ code: 0, signal: null });
  expect(await held.answer).toBe(0);
});

test('a second SIGTERM does not wait for requests, and no nginx is left behind', async () => {
  await using held = await startHeld('30s');
  held.upsync.signal('SIGTERM');
  await held.upsync.next('nginx', isChild('stopping'));
  held.upsync.signal('SIGTERM');
  expect(await held.upsync.ended).toEqual({ code: 0, signal: null });
  expect(await runs(held.pid)).toBe(false);
});

test('SIGTERM while it still waits for a release ends it at once, and nginx is never started', async () => {
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync(
    { consul: away, nginx },
    ...['--service', 'web1', '--exec', nginxCommand(nginx)],
  );
  await upsync.next('queryFailed');
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  await expect(access(nginx.pidFile)).rejects.toThrow('ENOENT');
});

test('what changes while nginx starts is not taken for changed in it', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const slowly = join(nginx.folder, 'slowly.sh');
  await writeFile(slowly, `sleep 0.5; exec ${nginxCommand(nginx)}`);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', `sh ${slowly}`);
  await upsync.next('nginx', isChild('running'));
  await consul.register(two.as('web1'));
  await upsync.next('changed', ({ up }) => up === 2);
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('an nginx that another program runs, and does not become, is found by its pid file', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const wrapper = join(nginx.folder, 'wrapper.sh');
  await writeFile(wrapper, `${nginxCommand(nginx)} & trap "kill -QUIT $!" QUIT; wait; wait`);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', `sh ${wrapper}`);
  expect(await up(upsync)).not.toBe(await nginx.pid());
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  await expect(nginx.pid()).rejects.toThrow('ENOENT');
});

test('SIGTERM just as nginx starts is no failure', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', nginxCommand(nginx));
  const { pid } = await upsync.next('nginx', isChild('running'));
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(await runs(Number(pid))).toBe(false);
});

test('SIGUSR1 has nginx open its logs anew', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', nginxCommand(nginx));
  await up(upsync);
  upsync.signal('SIGUSR1');
  await until('nginx opens its logs', async () => (await nginx.errorLog()).includes('reopening logs'));
});

test('SIGHUP is for upsync, and one that changes the command is refused', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const config = join(nginx.folder, 'upsync.yaml');
  const yaml = (command: string) => `upstreams: {web1: {}}\nexec: ${JSON.stringify(command)}\n`;
  await writeFile(config, yaml(nginxCommand(nginx)));
  await using upsync = startUpsync({ consul, nginx }, '--config', config);
  const pid = await up(upsync);
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  await upsync.next('unchanged');
  await writeFile(config, yaml('true'));
  upsync.signal('SIGHUP');
  expect(await upsync.next('problem')).toMatchObject({
    what: 'the new configuration is not used: exec cannot change while upsync runs',
  });
  expect(await nginx.pid()).toBe(pid);
});

test.for([
  { how: 'is killed', signal: 'SIGKILL', code: 137 },
  { how: 'is told by others to end', signal: 'SIGQUIT', code: 0 },
] as const)('an nginx that $how takes upsync along, with its code', async ({ signal, code }) => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', nginxCommand(nginx));
  await up(upsync);
  await nginx.kill(signal);
  expect(await upsync.next('nginx', isChild('ended'))).toMatchObject({
    level: 'error',
    code,
    why: 'by itself',
  });
  // Orphaned workers hold upsync's output.
  await endOrphans(nginx);
  expect(await upsync.ended).toEqual({ code, signal: null });
});

test("where a killed nginx's workers serve on, the next one is said not to come up before they are ended", async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const flags = ['--service', 'web1', '--exec', nginxCommand(nginx, { outlives: true })];
  await using first = startUpsync({ consul, nginx }, ...flags);
  await up(first);
  await nginx.kill();
  expect(await first.ended).toEqual({ code: 137, signal: null });
  const workers = await orphansOf(nginx);
  expect(workers.length).toBeGreaterThan(0);
  await using second = startUpsync({ consul, nginx }, ...flags);
  await second.ever('gateway', ({ what }) =>
    /master is gone, but its workers still serve/.test(String(what)),
  );
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(await orphansOf(nginx)).toEqual(workers);
});

test('an nginx that cannot start takes upsync along, with its code and in its words', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync(
    { consul, nginx },
    ...['--service', 'web1', '--exec', `env nginx -c ${nginx.folder}/none.conf`],
  );
  expect(await upsync.next('nginx', isChild('ended'))).toMatchObject({
    level: 'error',
    code: 1,
    why: 'by itself',
  });
  expect(await upsync.ended).toEqual({ code: 1, signal: null });
  expect(upsync.text()).toContain(`open() "${nginx.folder}/none.conf" failed`);
});

test('a program that is not there is said, and ends upsync as a shell would', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--exec', 'no-such-nginx');
  expect(await upsync.next('problem')).toMatchObject({
    what: 'there is no such program',
    where: 'no-such-nginx',
    remedy: 'install nginx here, or write its whole path in exec',
  });
  expect(await upsync.ended).toEqual({ code: 127, signal: null });
});

test('an nginx that leaves upsync as a daemon is said to have done so', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx({ ...gateway(), daemon: true });
  await using upsync = startUpsync(
    { consul, nginx },
    ...['--service', 'web1', '--exec', nginxCommand(nginx, { outlives: true })],
  );
  expect(await upsync.next('problem')).toMatchObject({
    what: 'exec left an nginx behind that runs by itself, as a daemon',
    remedy: expect.stringContaining('daemon off;'),
  });
  expect(await upsync.ended).toEqual({ code: 1, signal: null });
});

test('nginx serves on when upsync is killed, and the next upsync follows it and starts no other', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const flags = ['--service', 'web1', '--exec', nginxCommand(nginx, { outlives: true })];
  await using first = startUpsync({ consul, nginx }, ...flags);
  const pid = await up(first);
  await first.kill();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });

  await using second = startUpsync({ consul, nginx }, ...flags);
  expect(await second.next('nginx', isChild('adopted'))).toMatchObject({ level: 'warn', pid });
  await consul.register(two.as('web1'));
  await second.next('changed', ({ up }) => up === 2);
  expect(await second.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  second.signal('SIGTERM');
  expect(await second.ended).toEqual({ code: 0, signal: null });
  expect(await nginx.pid()).toBe(pid);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 1, two: 1 });

  // Once the adopted one has ended, upsync starts its own.
  await using third = startUpsync({ consul, nginx }, ...flags);
  await third.next('nginx', isChild('adopted'));
  await nginx.stop();
  expect(await third.next('nginx', isChild('running'))).not.toMatchObject({ pid });
  await until('nginx serves again', async () =>
    ask(nginx.url).then(
      () => true,
      () => false,
    ),
  );
  third.signal('SIGTERM');
  expect(await third.ended).toEqual({ code: 0, signal: null });
});

test('a second upsync on the folder starts no nginx', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('published');
  const second = await runUpsync({ consul, nginx }, '--service', 'web1', '--exec', nginxCommand(nginx));
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('another upsync works on this folder'),
  });
  await expect(access(nginx.pidFile)).rejects.toThrow('ENOENT');
});

test('nginx inherits neither the way to systemd nor the token of Consul', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const env = { CONSUL_HTTP_TOKEN: 'secret', UPSYNC_SHARED: 'kept', WATCHDOG_PID: '1', NGINX: '3;' };
  const look = join(nginx.folder, 'look.sh');
  await writeFile(look, `env >${nginx.folder}/seen; exec ${nginxCommand(nginx)}`);
  await using upsync = startUpsync({ consul, nginx, env }, '--service', 'web1', '--exec', `sh ${look}`);
  await up(upsync);
  const inherited = await readFile(join(nginx.folder, 'seen'), 'utf8');
  expect(inherited).toContain('UPSYNC_SHARED=kept');
  expect(inherited).not.toMatch(/CONSUL_HTTP_TOKEN|WATCHDOG_PID|NGINX=/);
});

async function startWithTemplates(
  place: { readonly consul: { readonly url: string }; readonly nginx: NginxBed },
  folder: string,
  text: string,
): Promise<Upsync> {
  await mkdir(folder);
  await writeFile(join(folder, 'any.conf.eta'), text);
  const flags = ['--service', 'web1', '--templates', folder, '--exec', nginxCommand(place.nginx)];
  return startUpsync(place, ...flags);
}

interface Held extends AsyncDisposable {
  readonly upsync: Upsync;
  readonly nginx: NginxBed;
  readonly pid: number;
  /** The status of a request that nginx has passed on, and that its backend holds; 0 where it was cut off. */
  readonly answer: Promise<number>;
  release(): void;
}

async function startHeld(stopTimeout: string): Promise<Held> {
  await using starting = new AsyncDisposableStack();
  const reached = Promise.withResolvers<() => void>();
  const backend = createServer((_, response) => reached.resolve(() => response.end('late')));
  backend.listen(0, '127.0.0.1');
  starting.defer(() => {
    backend.closeAllConnections();
    backend.close();
  });
  const consul = starting.use(await startConsul());
  const nginx = starting.use(await layNginx(gateway()));
  const address = backend.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await consul.register({ id: 'late', name: 'web1', port, address: '127.0.0.1' });
  const flags = ['--exec', nginxCommand(nginx), '--stop-timeout', stopTimeout];
  const upsync = starting.use(startUpsync({ consul, nginx }, '--service', 'web1', ...flags));
  const pid = await up(upsync);
  const answer = new Promise<number>((resolve) => {
    const request = get(`${nginx.url}/web1`, { agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', () => resolve(0));
  });
  const release = await reached.promise;
  const started = starting.move();
  return { upsync, nginx, pid, answer, release, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
