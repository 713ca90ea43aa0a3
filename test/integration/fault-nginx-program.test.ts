import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { type BedOptions, layNginx, type Place, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, pathOf, reloads, soon, steadily, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { type LogLine, startUpsync } from '../support/upsync.ts';

const run = promisify(execFile);
const runsBut = ({ state, level }: LogLine) => state === 'running' && level === 'warn';
const runsWell = ({ state, level }: LogLine) => state === 'running' && level === 'info';

/** Puts a shell script in the place of a program, in one step. */
async function script(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, `#!/bin/sh\n${text}\n`);
  await chmod(`${path}.new`, 0o755);
  await rename(`${path}.new`, path);
}

/** The same nginx, but for the version that it says. */
async function otherVersion(path: string): Promise<void> {
  const nginx = await pathOf('nginx');
  await script(
    path,
    `[ "$1" = -V ] && exec "${nginx}" -V 2>&1 | sed s,nginx/.*,nginx/9.9.9, >&2\nexec "${nginx}" "$@"`,
  );
}

async function versionOf(program: string): Promise<string> {
  return /nginx\/\S+/.exec((await run(program, ['-v'])).stderr)?.[0] ?? '';
}

testOfReload(
  'while the nginx to test with is missing, not to be run, not an nginx or crashes, nothing is published and traffic goes on; with it back the change goes live',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two', '0.0.0.0');
    await consul.register(one.as('web1'));
    const program = join(nginx.folder, 'bin/nginx');
    await mkdir(join(nginx.folder, 'bin'));
    const bring = async () => symlink(await pathOf('nginx'), program);
    await bring();
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--nginx-bin', program);
    await upsync.next('published');
    const before = await reloads(nginx);
    const client = steadily(`${nginx.url}/web1`);

    const faults = {
      'there is no such program; install nginx here, or set --nginx-bin': () => rm(program),
      'permission denied; make it executable for the user of upsync': () => writeFile(program, ''),
      'nginx accepted its configuration without reading this file': () => script(program, 'exit 0'),
      'nginx was ended by SIGSEGV; run `nginx -t` by hand': () => script(program, 'kill -SEGV $$'),
    };
    for (const [index, [said, bringAbout]] of Object.entries(faults).entries()) {
      await bringAbout();
      // Other files each time: those that failed are left alone for a while.
      await consul.register(two.as('web1', { address: `127.0.1.${1 + index}` }));
      expect(await upsync.next('rejected', ({ msg }) => msg.includes(said))).toMatchObject({
        level: 'error',
        msg: expect.stringContaining('rejected at test, nginx keeps what it has'),
      });
    }
    expect(Object.keys(await client.stop())).toEqual(['one']);
    expect(await reloads(nginx)).toBe(before);
    await rm(program);
    await bring();
    await soon(upsync.next('published'));
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  },
);

test('that candidates are tested with another version than the one that runs is said, and changes go live by what is proven', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const program = join(nginx.folder, 'nginx');
  await otherVersion(program);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--nginx-bin', program);
  const running = await versionOf('nginx');
  expect(await upsync.ever('gateway')).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      `^nginx runs: .*, but it is ${running}, and candidates are tested with nginx/9.9.9; restart nginx if it was upgraded, or set --nginx-bin to the one that runs$`,
    ),
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('an nginx that is upgraded on disk and not restarted is told from the one that runs, until it is', async () => {
  await using consul = await startConsul();
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const folder = await mkdtemp(join(tmpdir(), 'upsync-upgrade-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const program = join(folder, 'nginx');
  await copyFile(await pathOf('nginx'), program);
  const nginx = stack.use(await startNginx({ ...gateway(), binary: program }));
  const upsync = stack.use(startUpsync({ consul, nginx }, '--service', 'web1', '--nginx-bin', program));
  await upsync.next('published');
  await upsync.ever('gateway', runsWell);

  await otherVersion(program);
  expect(await upsync.next('gateway', runsBut)).toMatchObject({
    level: 'warn',
    what: `it is ${await versionOf('nginx')}, and candidates are tested with nginx/9.9.9`,
  });
  await rm(program);
  await copyFile(await pathOf('nginx'), program);
  await nginx.restart();
  await upsync.next('gateway', runsWell);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

/** With a server that speaks TLS, on the bed's second port. */
function secured(): BedOptions {
  const tls = ({ folder, host, ports }: Place) =>
    `server { listen ${host}:${ports[1]} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; return 200 secured; }`;
  const { layout } = gateway();
  return {
    layout: (place) => {
      const { 'nginx.conf': conf = '' } = layout?.(place) ?? {};
      return { 'nginx.conf': String(conf).replace('include upsync', `${tls(place)}\ninclude upsync`) };
    },
  };
}

async function makeCertificate(folder: string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
  await run('openssl', ['req', '-x509', '-subj', '/CN=bed', '-days', '2', ...key, '-out', 'cert.pem'], {
    cwd: folder,
  });
}

testOfReload(
  'while a certificate is missing changes are rejected with its path, and traffic goes on; with it back they go live',
  async () => {
    await using consul = await startConsul();
    await using nginx = await layNginx(secured());
    await makeCertificate(nginx.folder);
    await nginx.start();
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    const before = await reloads(nginx);
    const client = steadily(`${nginx.url}/web1`);

    const certificate = join(nginx.folder, 'cert.pem');
    await rename(certificate, `${certificate}.away`);
    await consul.register(two.as('web1'));
    expect(await upsync.next('rejected')).toMatchObject({
      level: 'error',
      msg: expect.stringMatching(
        `^rejected at test, nginx keeps what it has: cannot load certificate "${certificate}": .*No such file or directory.*; restore it, or take it out of the configuration$`,
      ),
    });
    expect(Object.keys(await client.stop())).toEqual(['one']);
    expect(await reloads(nginx)).toBe(before);
    await rename(`${certificate}.away`, certificate);
    await soon(upsync.next('published'));
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  },
);
