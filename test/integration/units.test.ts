import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { runs, until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { putKey } from '../support/consul-kv.ts';
import { ask, gateway, reloads, tally } from '../support/gateway.ts';
import { script, startOther } from '../support/other-program.ts';
import {
  type LogLine,
  outputOf,
  runUpsync,
  startUpsync,
  type Upsync,
  writeConfig,
} from '../support/upsync.ts';

const of = (unit: string | undefined) => (line: LogLine) => line.unit === unit;

interface Beds {
  readonly consul: Consul;
  readonly nginx: NginxBed;
}

/** upsync with these units, following web1. */
async function start({ consul, nginx }: Beds, units: Readonly<Record<string, string>>): Promise<Upsync> {
  return startUpsync({ consul, nginx }, '--service', 'web1', ...(await flagsFor(nginx, units)));
}

function flagsFor(nginx: NginxBed, units: Readonly<Record<string, string>>): Promise<string[]> {
  const lines = Object.entries(units).map(([name, unit]) => `  ${name}: ${unit}\n`);
  return writeConfig(nginx, `units:\n${lines.join('')}`);
}

test("another program's files are tested, written, and read by it, change by change", async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await chmod(other.conf, 0o600);
  await using upsync = await start({ consul, nginx }, { other: other.yaml() });
  await upsync.next('published', of('other'));
  await expect.poll(async () => (await ask(other.url)).body).toBe(`${one.port}`);
  expect((await stat(other.conf)).mode & 0o777).toBe(0o600);

  await consul.register(two.as('web1'));
  const line = await upsync.next('published', of('other'));
  expect(line).toMatchObject({ proof: { kind: 'proven', by: 'command' } });
  expect(line.msg).toMatch(
    /^other {2}release [0-9a-f]{16} is in place \d.* after the change \(test \d+ ms, reload \d+ ms\)$/,
  );
  const ports = [one.port, two.port].sort((a, b) => a - b).join(' ');
  await expect.poll(async () => (await ask(other.url)).body).toBe(ports);
  await expect.poll(() => reloads(other)).toBe(2);
  // nginx is kept in step as ever.
  await upsync.ever('changed', ({ up }) => up === 2);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  expect((await stat(outputOf(nginx).concat('/units'))).mode & 0o777).toBe(0o700);
});

test('files that the test refuses stay as they are; nginx is none the worse, and status tells of it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const before = await readFile(other.conf, 'utf8');
  await other.write('no_such_directive;');
  await using upsync = await start({ consul, nginx }, { other: other.yaml() });
  const { msg } = await upsync.next('rejected', of('other'));
  expect(msg).toContain(
    'other  rejected at test, its files stay as they are: units.other.test: nginx ended with 1: ',
  );
  // The path is that of the file to be, not of the one that was staged.
  expect(msg).toContain(`unknown directive "no_such_directive" in ${other.conf}:`);
  await upsync.ever('published', of(undefined));
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect(await readFile(other.conf, 'utf8')).toBe(before);
  await expect.poll(() => reloads(other)).toBe(0);

  const status = await runUpsync({ consul, nginx }, 'status');
  expect(status.stdout).toMatch(/ready\n/);
  expect(status.stdout).toMatch(/\nUNIT +RELEASE +SINCE +STATE\nother +- +- +rejected at test\n/);
  expect(status.stdout).toMatch(/\n! other: the newest change is rejected at test, for .*no_such_directive/);

  await other.write();
  await upsync.next('published', of('other'));
  await expect.poll(async () => (await ask(other.url)).body).toBe(`${one.port}`);
});

test('where the reload fails the files from before are back, and read again', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const before = await readFile(other.conf, 'utf8');
  await other.write('# hurts');
  const reload = await script(
    other.folder,
    'reload',
    `grep -q hurts ${other.conf} && { echo cannot; exit 3; }; exec nginx -s reload -e /dev/null -c ${other.conf}`,
  );
  await using upsync = await start({ consul, nginx }, { other: other.yaml({ reload: [reload.path] }) });
  const first = await upsync.next('rolledBack', of('other'));
  expect(first.msg).toBe(
    `other  rolled back to the files from before upsync: units.other.reload: ${reload.path} ended with 3: cannot`,
  );
  expect(await readFile(other.conf, 'utf8')).toBe(before);
  expect((await reload.runs()).length).toBe(2);
  await expect.poll(() => reloads(other)).toBe(1);

  await other.write();
  await upsync.next('published', of('other'));
  const good = await readFile(other.conf, 'utf8');
  expect(good).toContain(`return 200 "${one.port}"`);
  await other.write('# hurts');
  const second = await upsync.next('rolledBack', of('other'));
  expect(second.msg).toMatch(/^other {2}rolled back to release [0-9a-f]{16}: /);
  expect(await readFile(other.conf, 'utf8')).toBe(good);
});

test('a command that hangs is killed with all that it started, and that is an outcome', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const pids = join(other.folder, 'pids');
  const hanging = await script(
    other.folder,
    'hanging',
    `sleep 300 & echo $! $$ > ${pids}; echo so far; wait`,
  );
  await using upsync = await start(
    { consul, nginx },
    { other: other.yaml({ test: [hanging.path, '{dir}'], timeout: '500ms' }) },
  );
  const { msg } = await upsync.next('rejected', of('other'));
  expect(msg).toContain(`${hanging.path} did not end within 0.5 s: so far`);
  const [child = 0, leader = 0] = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
  await until('both are gone', async () => !(await runs(child)) && !(await runs(leader)));
  await upsync.ever('published', of(undefined));
});

test('upsync that ends takes a command that runs with it, in under a second', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const pids = join(other.folder, 'pids');
  const hanging = await script(other.folder, 'hanging', `sleep 300 & echo $! > ${pids}; wait`);
  await using upsync = await start({ consul, nginx }, { other: other.yaml({ reload: [hanging.path] }) });
  await upsync.ever('published', of(undefined));
  await until('it runs', async () => (await readFile(pids, 'utf8').catch(() => '')).endsWith('\n'));
  const child = Number(await readFile(pids, 'utf8'));
  const began = performance.now();
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(1_000);
  await until('it is gone', async () => !(await runs(child)));
});

test('a program that is not there is an outcome with a remedy, and nobody else minds', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const file = join(other.folder, 'lone.txt');
  const source = join(other.folder, 'lone.eta');
  await writeFile(source, '<%= it.upstreams.length %>\n');
  const lone = JSON.stringify({ templates: [{ source, destination: file }], reload: ['no-such-program'] });
  await using upsync = await start({ consul, nginx }, { lone, other: other.yaml() });
  const { msg } = await upsync.next('failed', of('lone'));
  expect(msg).toBe(
    'lone  failed at prove, tried again soon: units.lone.reload: there is no program no-such-program; install it, or write its whole path',
  );
  // There was nothing to go back to: a program that is to come starts with it.
  expect(await readFile(file, 'utf8')).toBe('1\n');
  await upsync.ever('published', of('other'));
  await upsync.ever('published', of(undefined));
});

test('a unit that hangs holds up neither nginx nor another unit', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const source = join(other.folder, 'stuck.eta');
  await writeFile(source, 'x\n');
  const stuck = JSON.stringify({
    templates: [{ source, destination: join(other.folder, 'stuck.txt') }],
    test: [(await script(other.folder, 'stuck', 'exec sleep 300')).path, '{file}'],
  });
  await using upsync = await start({ consul, nginx }, { stuck, other: other.yaml() });
  await Promise.all([upsync.ever('published', of('other')), upsync.ever('published', of(undefined))]);
  upsync.forget();
  await consul.register(two.as('web1'));
  await upsync.next('published', of('other'));
  await upsync.ever('changed', ({ up }) => up === 2);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  expect(upsync.lines.filter(of('stuck')).filter(({ level }) => level !== 'debug')).toEqual([]);
});

test.each(['as they are', 'as they were'])(
  'killed between writing and reloading, the next start reloads, be the servers %s',
  async (then) => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using other = await startOther();
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    const held = join(other.folder, 'held');
    const reload = await script(
      other.folder,
      'reload',
      `test -e ${held} && { echo $$ > ${held}; exec sleep 300; }; exec nginx -s reload -e /dev/null -c ${other.conf}`,
    );
    const units = { other: other.yaml({ reload: [reload.path] }) };
    await using first = await start({ consul, nginx }, units);
    await first.next('published', of('other'));
    await writeFile(held, '');
    await consul.register(two.as('web1'));
    await until('it is told', async () => (await readFile(held, 'utf8')).endsWith('\n'));
    await first.kill();
    process.kill(Number(await readFile(held, 'utf8')), 'SIGKILL');
    await rm(held);
    expect(await readFile(other.conf, 'utf8')).toContain(String(two.port));
    await expect.poll(() => reloads(other)).toBe(1);
    if (then === 'as they were') await consul.deregister(two.as('web1').id ?? '');

    await using second = await start({ consul, nginx }, units);
    await second.next('published', of('other'));
    const ports = (then === 'as they were' ? [one.port] : [one.port, two.port]).sort((a, b) => a - b);
    await expect.poll(async () => (await ask(other.url)).body).toBe(ports.join(' '));
    await expect.poll(() => reloads(other)).toBe(2);
    await second.kill();
    // And once it was told, nobody tells it again.
    await using third = await start({ consul, nginx }, units);
    await third.next('unchanged', of('other'));
    await expect.poll(() => reloads(other)).toBe(2);
  },
);

test('a file that somebody changes by hand is written again, and read again', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = await start({ consul, nginx }, { other: other.yaml() });
  await upsync.next('published', of('other'));
  const written = await readFile(other.conf, 'utf8');
  await writeFile(other.conf, `${written}# by hand\n`);
  const { msg } = await upsync.next('problem', of('other'));
  expect(msg).toContain(`${other.conf}: this file was changed or taken away, and is written again; `);
  await upsync.next('published', of('other'));
  expect(await readFile(other.conf, 'utf8')).toBe(written);
  await expect.poll(() => reloads(other)).toBe(2);
});

test('commands get what they were written with, no shell, and nothing of the environment', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  const source = join(other.folder, 'list.eta');
  const destination = join(other.folder, 'list.txt');
  await writeFile(source, '<%= it.upstream("web1").servers.map(({ node }) => node).join(" ") %>\n');
  await consul.register({ id: '$(touch pwned); {file}', name: 'web1', port: 9, tags: ['$(touch pwned)'] });
  const literal = '$(touch pwned) `id` ; | > x';
  const reload = await script(
    other.folder,
    'reload',
    `env > ${other.folder}/env; pwd >> ${other.folder}/env`,
  );
  const tested = await script(other.folder, 'tested', 'exit 0');
  const list = JSON.stringify({
    templates: [{ source, destination, mode: '0640' }],
    test: [tested.path, '--config={file}', literal],
    reload: [reload.path, literal],
  });
  const flags = ['--service', 'web1', ...(await flagsFor(nginx, { list }))];
  const env = { CONSUL_HTTP_TOKEN: 'very-secret', NOTIFY_SOCKET: '/run/x', HOME: '/root', LANG: 'C' };
  await using upsync = startUpsync({ consul, nginx, env }, ...flags);
  await upsync.next('published', of('list'));
  expect(await reload.runs()).toEqual([`${literal}\n`]);
  const [args = ''] = await tested.runs();
  expect(args.split('\n')).toEqual([
    expect.stringMatching(/^--config=.*\/upsync\/units\/list\/releases\/[^/]+\/files\/.*\/list\.txt$/),
    literal,
    '',
  ]);
  const seen = (await readFile(join(other.folder, 'env'), 'utf8')).trim().split('\n');
  const names = seen.map((line) => line.split('=')[0] ?? '');
  // A shell's own, and where it was started.
  expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', '/'].includes(name)).sort()).toEqual([
    'HOME',
    'LANG',
    'PATH',
  ]);
  expect(seen.join('\n')).not.toContain('very-secret');
  expect(await readFile(destination, 'utf8')).toBe(`${consul.node}\n`);
  expect((await stat(destination)).mode & 0o777).toBe(0o640);
});

test('a template that is broken from the start ends nothing, and is in use once it is mended', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await writeFile(other.template, '<% if %>');
  await using upsync = await start({ consul, nginx }, { other: other.yaml() });
  await upsync.next('rejected', of('other'));
  await upsync.ever('published', of(undefined));
  await other.write();
  await upsync.next('published', of('other'));
  await expect.poll(async () => (await ask(other.url)).body).toBe(`${one.port}`);
});

test('its templates ask for keys: they wait for them, follow them, and write no more than a line of them', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const source = join(nginx.folder, 'keys.eta');
  const destination = join(nginx.folder, 'keys.txt');
  await writeFile(source, 'motd <%= it.key("app/motd") %>;\n');
  const put = (text: string) => putKey(consul, 'app/motd', text);
  const keys = JSON.stringify({ templates: [{ source, destination }] });
  await using upsync = await start({ consul, nginx }, { keys });
  const { msg } = await upsync.next('lacking', of('keys'));
  expect(msg).toBe('keys  waiting for key app/motd, which templates ask for; its files stay as they are');
  await upsync.ever('published', of(undefined));

  await put('a "b" $c; # d');
  await upsync.next('published', of('keys'));
  expect(await readFile(destination, 'utf8')).toBe('motd a "b" $c; # d;\n');
  await put('a\nadmin yes');
  const aside = await upsync.next('notice', of('keys'));
  expect(aside.msg).toMatch(
    /^keys {2}the newest keys are put aside: .* holds a control character or the end of a line/,
  );
  expect(await readFile(destination, 'utf8')).toBe('motd a "b" $c; # d;\n');
  // A whole file may lie there, where the template says so.
  await writeFile(source, '<%~ it.key("app/motd") %>\n');
  await upsync.next('published', of('keys'));
  expect(await readFile(destination, 'utf8')).toBe('a\nadmin yes\n');
});

test('SIGHUP takes up a unit that is new, and leaves the files of one that is gone', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    ...(await writeConfig(nginx, '{}')),
  );
  await upsync.next('published', of(undefined));
  await flagsFor(nginx, { other: other.yaml() });
  upsync.signal('SIGHUP');
  await upsync.next('published', of('other'));
  const written = await readFile(other.conf, 'utf8');
  expect(written).toContain(String(one.port));

  await writeConfig(nginx, '{}');
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  await upsync.next('unchanged', of(undefined));
  await writeFile(other.conf, `${written}# ours again\n`);
  const { stdout } = await runUpsync({ consul, nginx }, 'status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ units: {} });
  expect(await readFile(other.conf, 'utf8')).toContain('# ours again');
});

test('SIGHUP with a configuration that nginx does not take leaves units as they are', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register(two.as('web2'));
  const source = join(nginx.folder, 'names.eta');
  await writeFile(source, '<%= it.upstreams.map(({ name }) => name).join(" ") %>\n');
  const reload = await script(nginx.folder, 'reload', 'exit 0');
  const to = (name: string) => join(nginx.folder, name);
  const units = (...names: readonly string[]) =>
    JSON.stringify({
      names: {
        templates: names.map((name) => ({ source, destination: to(name) })),
        reload: [reload.path],
      },
    });
  const flags = await writeConfig(nginx, `upstreams: {web1: {}}\nunits: ${units('old')}`);
  await runUpsync({ consul, nginx }, '--once', '--apply', '--seed', ...flags);
  await nginx.start();
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.ever('published', of(undefined));
  await upsync.ever('published', of('names'));

  // nginx.conf goes on naming web1.
  await writeConfig(nginx, `upstreams: {web2: {}}\nunits: ${units('old', 'new')}`);
  upsync.signal('SIGHUP');
  expect(await upsync.next('problem')).toMatchObject({
    what: 'the new configuration is not used: nginx does not take it; the one before goes on',
  });
  await upsync.next('unchanged', of('names'));
  expect(await reload.runs()).toHaveLength(1);
  expect(await readFile(to('old'), 'utf8')).toBe('web1\n');

  // One that it takes has them follow.
  await writeConfig(nginx, `upstreams: {web1: {}, web2: {}}\nunits: ${units('old', 'new')}`);
  upsync.signal('SIGHUP');
  await upsync.next('published', of('names'));
  expect(await readFile(to('new'), 'utf8')).toBe('web1 web2\n');
});

test('--once shows what would become of them and tests it; --apply does it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using other = await startOther();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const tmp = join(nginx.folder, 'tmp');
  await mkdir(tmp);
  const flags = ['--once', '--service', 'web1', ...(await flagsFor(nginx, { other: other.yaml() }))];
  const place = { consul, nginx, env: { TMPDIR: tmp } };
  const before = await readFile(other.conf, 'utf8');
  const dry = await runUpsync(place, ...flags);
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toContain(`--- live${other.conf}\n+++ candidate${other.conf}\n`);
  expect(dry.stdout).toMatch(/\nother: would change \S+\/nginx\.conf: they pass the test \(\d+ ms\)\.\n$/);
  expect(await readFile(other.conf, 'utf8')).toBe(before);
  expect(await readdir(tmp)).toEqual([]);
  expect((await runUpsync(place, ...flags, '--exit-code')).code).toBe(2);

  const applied = await runUpsync(place, ...flags, '--apply', '--json');
  expect(applied.code).toBe(0);
  expect(JSON.parse(applied.stdout)).toMatchObject({
    outcome: { kind: 'published' },
    units: { other: { outcome: { kind: 'published', proof: { by: 'command' } } } },
  });
  await expect.poll(async () => (await ask(other.url)).body).toBe(`${one.port}`);
  const again = await runUpsync(place, ...flags, '--exit-code');
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/\nother: nothing would change: they pass the test \(\d+ ms\)\.\n$/);

  await other.write('no_such_directive;');
  const refused = await runUpsync(place, ...flags);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(
    '\nother: rejected at test, its files stay as they are: units.other.test: ',
  );
});
