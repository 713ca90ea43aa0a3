import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { ask, reloads, tally } from '../support/gateway.ts';
import { isOurs, placeOfSaying, says, withConfD, writeOutside } from '../support/outside.ts';
import { outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

const run = promisify(execFile);
const own = 'conf.d/own.conf';

/** Whether nginx could start from what is on disk now. */
async function canStart({ conf }: NginxBed): Promise<void> {
  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', conf]);
}

test("a user's own file gives way to the rendered one, is kept, and changes with all else from then on", async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await writeFile(join(nginx.folder, own), says(nginx, 'by hand'), { mode: 0o640 });
  await nginx.start();
  expect((await ask(placeOfSaying(nginx))).body).toBe('by hand');

  const flags = await writeOutside(nginx, {
    [own]: says(nginx, 'rendered <%= it.upstream("web1").servers.length %>'),
  });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  const { saved } = await upsync.next('replaced');
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered 1');
  expect(await isOurs(nginx, own)).toBe(true);
  expect(await readFile(String(saved), 'utf8')).toBe(says(nginx, 'by hand'));
  expect((await stat(String(saved))).mode & 0o777).toBe(0o640);

  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered 2');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  expect(await readdir(join(nginx.folder, 'conf.d'))).toEqual(['own.conf']);
  await nginx.restart();
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered 2');
});

test('files that were not there come to be, two at once, of which one needs the other', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await mkdir(join(nginx.folder, 'snippets'));
  await nginx.start();
  const { host, ports } = nginx;
  const flags = await writeOutside(nginx, {
    [own]: `server { listen ${host}:${ports[1]}; include snippets/pass.inc; }\n`,
    'snippets/pass.inc': 'location / { proxy_pass http://<%= it.upstreams[0].name %>; }\n',
  });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect(await tally(placeOfSaying(nginx), 2)).toEqual({ one: 2 });
  expect(upsync.count('replaced')).toBe(0);
  await nginx.restart();
  expect(await tally(placeOfSaying(nginx), 2)).toEqual({ one: 2 });
});

test('a file of the managed folder includes one outside of it: the candidate is tested with its own', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'snippets'));
  await nginx.start();
  const answer = (text: string) => ({
    'http/front.conf': `server { listen ${nginx.host}:${nginx.ports[1]}; include snippets/answer.inc; }\n`,
    'snippets/answer.inc': text,
  });
  const flags = await writeOutside(nginx, answer('return 200 "first";\n'));
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx))).body).toBe('first');

  await writeOutside(nginx, answer('# a line\nretrun 200 "second";\n'));
  expect(await upsync.next('rejected')).toMatchObject({
    msg: expect.stringContaining(
      `${join(nginx.folder, 'snippets/answer.inc')}:2: unknown directive "retrun"`,
    ),
  });
  expect(await readFile(join(nginx.folder, 'snippets/answer.inc'), 'utf8')).toContain('first');
  await writeOutside(nginx, answer('return 200 "third";\n'));
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx))).body).toBe('third');
});

test('what is wanted no more goes, and nginx can start all the while', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD('include snippets/*;'));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await mkdir(join(nginx.folder, 'snippets'));
  await nginx.start();
  const flags = await writeOutside(nginx, {
    [own]: says(nginx, 'one'),
    'snippets/two': says(nginx, 'two', 0).replace('server {', 'server { server_name two;'),
  });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect(await isOurs(nginx, 'snippets/two')).toBe(true);

  await writeOutside(nginx, { [own]: says(nginx, 'one') });
  upsync.signal('SIGHUP');
  await upsync.next('published');
  expect(existsSync(join(nginx.folder, 'snippets/two'))).toBe(false);
  expect(await readdir(join(nginx.folder, 'snippets'))).toEqual([]);
  expect((await ask(placeOfSaying(nginx))).body).toBe('one');
  await canStart(nginx);
});

test('a file that nginx.conf names stays: a configuration without it is not used', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD('include snippets/named.inc;'));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'snippets'));
  const flags = await writeOutside(nginx, { 'snippets/named.inc': says(nginx, 'named') });
  // nginx cannot start before: the file that it names is not there.
  await expect(canStart(nginx)).rejects.toThrow('snippets/named.inc');
  expect(await runUpsync({ consul, nginx }, ...flags, '--once', '--apply', '--seed')).toMatchObject({
    code: 0,
  });
  await nginx.start();
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await Promise.race([upsync.next('published'), upsync.next('unchanged')]);
  expect((await ask(placeOfSaying(nginx))).body).toBe('named');

  await writeOutside(nginx, {});
  upsync.signal('SIGHUP');
  expect(await upsync.next('rejected')).toMatchObject({
    msg: expect.stringMatching(/nginx\.conf:\d+: cannot read .*snippets\/named\.inc: no such file/),
  });
  expect(await upsync.next('problem')).toMatchObject({
    msg: expect.stringContaining('the one before goes on'),
  });
  expect(await isOurs(nginx, 'snippets/named.inc')).toBe(true);
  await canStart(nginx);
});

test('a release that nginx does not come to run leaves the file as it was', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx({ ...withConfD(), ports: 3 });
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  const byHand = says(nginx, 'by hand');
  await writeFile(join(nginx.folder, own), byHand);
  await nginx.start();
  const plain = await writeOutside(nginx, {});
  await using upsync = startUpsync({ consul, nginx }, ...plain);
  await upsync.next('published');

  // nginx's test forgives a taken port, and its reload fails on it.
  const holder = createServer().listen(nginx.ports[2], nginx.host);
  await once(holder, 'listening');
  await writeOutside(nginx, { [own]: says(nginx, 'taken', 2) });
  upsync.signal('SIGHUP');
  await upsync.next('rolledBack');
  await upsync.next('problem', ({ msg }) => msg.includes('the one before goes on'));
  await until('the file is back', async () => (await lstat(join(nginx.folder, own))).isFile());
  expect(await readFile(join(nginx.folder, own), 'utf8')).toBe(byHand);
  expect((await ask(placeOfSaying(nginx))).body).toBe('by hand');
  await canStart(nginx);
  holder.close();
});

test('a first release that nginx does not come to run leaves it as it was', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx({ ...withConfD(), ports: 3 });
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await writeFile(join(nginx.folder, own), says(nginx, 'by hand'));
  await nginx.start();
  const holder = createServer().listen(nginx.ports[2], nginx.host);
  await once(holder, 'listening');
  const flags = await writeOutside(nginx, { [own]: says(nginx, 'taken', 2) });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('rolledBack');
  expect(await readFile(join(nginx.folder, own), 'utf8')).toContain('by hand');
  expect((await ask(placeOfSaying(nginx))).body).toBe('by hand');
  await canStart(nginx);
  // It is tried again, and goes live once the port is free.
  holder.close();
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx, 2))).body).toBe('taken');
});

test('a link that somebody removes or writes over is made again, and what he wrote is kept', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await nginx.start();
  const flags = await writeOutside(nginx, { [own]: says(nginx, 'rendered') });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  await rm(join(nginx.folder, own));
  await until('the link is back', () => isOurs(nginx, own));

  // As `sed -i` does it.
  const edited = says(nginx, 'edited');
  await writeFile(join(nginx.folder, 'edited'), edited);
  await rename(join(nginx.folder, 'edited'), join(nginx.folder, own));
  const { saved } = await upsync.next('replaced');
  expect(await readFile(String(saved), 'utf8')).toBe(edited);
  await until('the link is back', () => isOurs(nginx, own));
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered');
  expect(await reloads(nginx)).toBe(1);
});

test('a link in sites-enabled leads to a file of upsync, which a glob of everything finds once', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD('include sites-enabled/*;'));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  for (const name of ['sites-available', 'sites-enabled']) await mkdir(join(nginx.folder, name));
  await writeFile(join(nginx.folder, 'sites-available/site'), says(nginx, 'by hand'));
  await symlink('../sites-available/site', join(nginx.folder, 'sites-enabled/site'));
  await nginx.start();
  const flags = await writeOutside(nginx, { 'sites-available/site': says(nginx, 'rendered') });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered');
  await nginx.restart();
  expect((await ask(placeOfSaying(nginx))).body).toBe('rendered');

  // Without it the link in sites-enabled would dangle, and nginx could not start.
  await writeOutside(nginx, {});
  upsync.signal('SIGHUP');
  expect(await upsync.next('rejected')).toMatchObject({ msg: expect.stringContaining('cannot read') });
  await canStart(nginx);
});

test('mode and owner are those of the file, and another mode is another release', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await nginx.start();
  const files = (mode: string) => ({
    [own]: { text: says(nginx, 'one'), more: `, mode: "${mode}", owner: www-data:daemon` },
    'http/more.conf': { text: '# more\n', more: ', mode: "0600"' },
  });
  const flags = await writeOutside(nginx, files('0640'));
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  const { uid, gid, mode } = await stat(join(nginx.folder, own));
  expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 33, gid: 1, mode: 0o640 });
  const more = await releasedPath(nginx, 'http/more.conf');
  expect((await stat(more)).mode & 0o7777).toBe(0o600);

  await writeOutside(nginx, files('0600'));
  const dry = await runUpsync({ consul, nginx }, ...flags, '--once', '--exit-code');
  expect(dry.stdout).toContain(
    `${join(nginx.folder, own)}: mode 0640, owner 33:1 becomes mode 0600, owner 33:1`,
  );
  expect(dry.code).toBe(2);
  upsync.signal('SIGHUP');
  await upsync.next('published');
  expect((await stat(join(nginx.folder, own))).mode & 0o7777).toBe(0o600);
});

test('a dry run shows it by its destination, against what stands there, and touches nothing', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await writeFile(join(nginx.folder, own), says(nginx, 'by hand'));
  const flags = await writeOutside(nginx, { [own]: says(nginx, 'rendered') });
  const { code, stdout } = await runUpsync({ consul, nginx }, ...flags, '--once', '--exit-code');
  expect({ code, stdout }).toEqual({
    code: 2,
    stdout: expect.stringContaining(`-${says(nginx, 'by hand')}+${says(nginx, 'rendered')}`),
  });
  expect(stdout).toContain(`Would change ${join(nginx.folder, own)}, http/`);
  expect(await readdir(join(nginx.folder, 'conf.d'))).toEqual(['own.conf']);
  expect(await readFile(join(nginx.folder, own), 'utf8')).toBe(says(nginx, 'by hand'));
  expect(existsSync(outputOf(nginx))).toBe(false);
});

test('a destination that cannot be a link, and one that nginx does not read, are told, and all else goes on', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(withConfD());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await mkdir(join(nginx.folder, 'conf.d'));
  await nginx.start();
  const plain = await writeOutside(nginx, {});
  await using upsync = startUpsync({ consul, nginx }, ...plain);
  await upsync.next('published');

  const refused = async (destination: string, why: string) => {
    await writeOutside(nginx, { [destination]: '# no harm\n' });
    upsync.signal('SIGHUP');
    expect((await upsync.next('rejected')).msg).toContain(`${join(nginx.folder, destination)}: ${why}`);
    await upsync.next('problem', ({ msg }) => msg.includes('the one before goes on'));
    await upsync.next('unchanged');
  };
  await refused('none/own.conf', 'the folder that this file is to lie in does not exist; make it');
  await refused('eta', 'something stands here that is no file');
  await refused('own.inc', 'nginx accepted its configuration without reading this file');
  expect(existsSync(join(nginx.folder, 'own.inc'))).toBe(false);

  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test.runIf(process.getuid?.() === 0)(
  'a folder that upsync may not write in, and an owner that it may not give, are told',
  async () => {
    await using consul = await startConsul();
    await using nginx = await layNginx(withConfD());
    await using one = await startBackend('one');
    await consul.register(one.as('web1'));
    await mkdir(join(nginx.folder, 'conf.d'));
    await chown(join(nginx.folder, 'conf.d'), 33, 33);
    await chmod(join(nginx.folder, 'conf.d'), 0o755);
    const without = (right: string) => ['--bounding-set', `-${right}`, '--inh-caps', `-${right}`];
    const once = (privileges: readonly string[], ...flags: readonly string[]) =>
      runUpsync({ consul, nginx, privileges }, ...flags, '--once', '--apply', '--seed');

    const flags = await writeOutside(nginx, { [own]: says(nginx, 'one') });
    const closed = await once(without('dac_override'), ...flags);
    expect(closed.code).toBe(1);
    expect(closed.stdout).toContain(
      `${join(nginx.folder, own)}: upsync may not write in the folder of this file; run it as`,
    );

    await writeOutside(nginx, { [own]: { text: says(nginx, 'one'), more: ', owner: www-data' } });
    const given = await once(without('chown'), ...flags);
    expect(given.code).toBe(1);
    expect(given.stdout).toContain(
      `${join(nginx.folder, own)}: it cannot be given owner 33: permission denied; run upsync as root`,
    );
    expect(await readdir(join(nginx.folder, 'conf.d'))).toEqual([]);
    expect((await once([], ...flags)).code).toBe(0);
    expect(await isOurs(nginx, own)).toBe(true);
  },
);

/** By push a release has its files in common with others. */
async function releasedPath(nginx: NginxBed, path: string): Promise<string> {
  return join(dirname(await realpath(join(outputOf(nginx), 'current/http.conf'))), path);
}
