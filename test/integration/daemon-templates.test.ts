import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, rendered, tally } from '../support/gateway.ts';
import { startUpsync } from '../support/upsync.ts';

const builtin = join(import.meta.dirname, '../../templates/upstreams.conf.eta');

/** A server at the bed's second port that tells which templates are in use. */
function told({ host, ports }: NginxBed, text: string): string {
  return `server { listen ${host}:${ports[1]}; return 200 "${text} <%= it.upstreams.length %>"; }\n`;
}

async function ready(nginx: NginxBed): Promise<string> {
  const folder = join(nginx.folder, 'templates');
  await mkdir(folder);
  await cp(builtin, join(folder, 'upstreams.conf.eta'));
  await writeFile(join(folder, 'told.conf.eta'), told(nginx, 'first'));
  return folder;
}

test('an edit of a template goes live; a broken one is reported with file and line while Consul is followed on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const folder = await ready(nginx);
  const page = join(folder, 'told.conf.eta');
  const url = `http://${nginx.host}:${nginx.ports[1]}/`;
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--templates', folder);
  await upsync.next('published');
  expect((await ask(url)).body).toBe('first 1');

  const replace = async (text: string) => {
    await writeFile(`${page}~`, text);
    await rename(`${page}~`, page);
  };
  await replace(`# one line\n<% for (const a of it.upstreams { %>\n${told(nginx, 'broken')}<% } %>\n`);
  expect(await upsync.next('problem')).toMatchObject({
    level: 'error',
    where: expect.stringMatching(/\/told\.conf\.eta:2(:\d+)?$/),
  });
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  expect((await ask(url)).body).toBe('first 1');

  await replace(told(nginx, 'second'));
  await upsync.next('published');
  expect((await ask(url)).body).toBe('second 1');

  // One that fails only as it is rendered.
  await replace(`# one line\n\n<%= it.upstream('web9').name %>\n`);
  expect(await upsync.next('problem')).toMatchObject({
    where: expect.stringMatching(/\/told\.conf\.eta:3(:\d+)?$/),
    what: expect.stringContaining('there is no upstream web9; there are web1'),
  });
  await consul.deregister('web1-two');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect((await ask(url)).body).toBe('second 1');

  await replace(told(nginx, 'third'));
  await upsync.next('published');
  expect((await ask(url)).body).toBe('third 1');
});

test('templates that are swapped as a config map is, by one symlink, are read anew', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const folder = join(nginx.folder, 'templates');
  const url = `http://${nginx.host}:${nginx.ports[1]}/`;
  const version = async (name: string, text: string) => {
    await mkdir(join(folder, name), { recursive: true });
    await cp(builtin, join(folder, name, 'upstreams.conf.eta'));
    await writeFile(join(folder, name, 'told.conf.eta'), text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await version('..2026_1', told(nginx, 'first'));
  for (const name of ['upstreams.conf.eta', 'told.conf.eta']) {
    await symlink(join('..data', name), join(folder, name));
  }
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--templates', folder);
  await upsync.next('published');
  expect((await ask(url)).body).toBe('first 1');
  expect(await rendered(nginx, 'http/told.conf')).toContain('first 1');

  await version('..2026_2', told(nginx, 'second'));
  await upsync.next('published');
  expect((await ask(url)).body).toBe('second 1');

  await version('..2026_3', 'server { <% if %> }');
  expect(await upsync.next('problem')).toMatchObject({
    where: expect.stringMatching(/told\.conf\.eta:1(:\d+)?$/),
  });
  await version('..2026_4', told(nginx, 'fourth'));
  await upsync.next('published');
  expect((await ask(url)).body).toBe('fourth 1');
});

test('templates that are broken from the start end the program, with file and line', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const folder = await ready(nginx);
  await writeFile(join(folder, 'told.conf.eta'), '\n<% if ( %>\n');
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--templates', folder);
  expect(await upsync.ended).toMatchObject({ code: 1 });
  expect(upsync.text()).toMatch(/^upsync: .*told\.conf\.eta:2/);
});
