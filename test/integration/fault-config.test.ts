import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, reloads, soon, steadily, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { startUpsync } from '../support/upsync.ts';

const builtin = join(import.meta.dirname, '../../templates/upstreams.conf.eta');

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** A folder whose one file is mounted as a config map is: through a link that is swapped. */
function configMap(folder: string, name: string) {
  let version = 0;
  return {
    path: join(folder, name),
    async put(text: string): Promise<void> {
      version += 1;
      await mkdir(join(folder, `..${version}`), { recursive: true });
      await writeFile(join(folder, `..${version}`, name), text);
      await symlink(`..${version}`, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      if (version === 1) await symlink(join('..data', name), join(folder, name));
    },
  };
}

for (const how of ['by rename', 'as a config map is'] as const) {
  test.concurrent(`a configuration that is replaced ${how} by a broken one is told, and the last good one stays until it is mended`, async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await using three = await startBackend('three');
    await consul.register(one.as('web1'));
    await consul.register(two.as('web2'));
    const folder = join(nginx.folder, 'config');
    const path = join(folder, 'upsync.yaml');
    await mkdir(folder);
    const put =
      how === 'by rename' ? (text: string) => replace(path, text) : configMap(folder, 'upsync.yaml').put;
    await put('upstreams: {web1: {}}\n');
    await using upsync = startUpsync({ consul, nginx }, '--config', path);
    await upsync.next('published');
    const before = await reloads(nginx);
    const client = steadily(`${nginx.url}/web1`);

    const faults: [said: RegExp, bring: () => Promise<void>][] = [
      [/upsync\.yaml:2: /, () => put('upstreams:\n  web1: {}}\n')],
      [/upsync\.yaml:1 upstreams\.web1\.on_empty/, () => put('upstreams: {web1: {on_empty: no}}\n')],
      [
        /nowhere: .*: there is no such file or folder;/,
        () => put('upstreams: {web1: {}}\ntemplates: nowhere\n'),
      ],
      [/upsync\.yaml: .*no such file/, () => rm(how === 'by rename' ? path : join(folder, '..data'))],
    ];
    for (const [said, bring] of faults) {
      await bring();
      upsync.signal('SIGHUP');
      const { msg, level } = await upsync.next('problem');
      expect(msg).toMatch(said);
      expect(msg).toContain('the new configuration is not used');
      expect(level).toBe('error');
    }
    expect(await reloads(nginx)).toBe(before);
    await consul.register(three.as('web1'));
    await upsync.next('published');

    await put('upstreams: {web1: {}, web2: {}}\n');
    upsync.signal('SIGHUP');
    await soon(upsync.next('changed', ({ upstream }) => upstream === 'web2'));
    await upsync.next('published');
    expect(await tally(`${nginx.url}/web2`, 2)).toEqual({ two: 2 });
    expect(Object.keys(await client.stop()).sort()).toEqual(['one', 'three']);
  });
}

testOfReload(
  'while nginx.conf or a file that it includes is broken changes wait, whatever way it was replaced; mended, they go live',
  async () => {
    await using consul = await startConsul();
    const bed = gateway();
    await using nginx = await startNginx({
      layout: (place) => {
        const { 'nginx.conf': conf = '' } = bed.layout?.(place) ?? {};
        return {
          'nginx.conf': String(conf).replace('include upsync', 'include site/*.conf;\ninclude upsync'),
          'site/..1/map.conf': 'map $uri $fine { default 1; }\n',
          'site/..data': { link: '..1' },
          'site/map.conf': { link: '..data/map.conf' },
        };
      },
    });
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
    await upsync.next('published');
    const before = await reloads(nginx);
    const client = steadily(`${nginx.url}/web1`);

    await cp(nginx.conf, `${nginx.conf}.good`);
    await replace(
      nginx.conf,
      'events {}\nhttp {\n  no_such_directive on;\n  include upsync/http/*.conf;\n}\n',
    );
    await consul.register(two.as('web1'));
    expect(await upsync.next('rejected')).toMatchObject({
      msg: `rejected at test, nginx keeps what it has: ${nginx.conf}:3: unknown directive "no_such_directive"`,
    });
    await rename(`${nginx.conf}.good`, nginx.conf);
    await soon(upsync.next('published'));

    const site = join(nginx.folder, 'site');
    const swap = async (name: string) => {
      await symlink(name, join(site, '..data_tmp'));
      await rename(join(site, '..data_tmp'), join(site, '..data'));
    };
    await mkdir(join(site, '..2'));
    await writeFile(join(site, '..2/map.conf'), '# fine so far\nmap $uri { default 1; }\n');
    await swap('..2');
    await consul.deregister('web1-one');
    expect(await upsync.next('rejected')).toMatchObject({
      msg: expect.stringMatching(
        `^rejected at test, nginx keeps what it has: ${site}/map.conf:2: invalid number`,
      ),
    });
    await swap('..1');
    await soon(upsync.next('published'));
    expect(Object.keys(await client.stop()).sort()).toEqual(['one', 'two']);
    expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ two: 2 });
    expect(await reloads(nginx)).toBe(before + 2);
  },
);

/** A folder of templates, with a server at the bed's second port that tells which it is. */
async function templates(nginx: NginxBed, name: string, text = name): Promise<string> {
  const folder = join(nginx.folder, name);
  await mkdir(folder);
  await cp(builtin, join(folder, 'upstreams.conf.eta'));
  const server = `server { listen ${nginx.host}:${nginx.ports[1]}; return 200 "${text}"; }\n`;
  await writeFile(join(folder, 'told.conf.eta'), server);
  return folder;
}

test('a folder of templates that is itself swapped, by rename or by a link to it, is read anew; a broken one is told and the last good one stays', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const link = join(nginx.folder, 'templates');
  const swap = async (name: string) => {
    await symlink(name, `${link}.new`);
    await rename(`${link}.new`, link);
  };
  await templates(nginx, 'first');
  await swap('first');
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--templates', link);
  await upsync.next('published');
  const url = `http://${nginx.host}:${nginx.ports[1]}/`;
  expect((await ask(url)).body).toBe('first');

  await templates(nginx, 'broken', '<% if ( %>');
  await swap('broken');
  expect(await upsync.next('problem')).toMatchObject({
    level: 'error',
    where: expect.stringMatching(`^${link}/told\\.conf\\.eta:1(:\\d+)?$`),
  });
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  expect((await ask(url)).body).toBe('first');

  await templates(nginx, 'second');
  await swap('second');
  await soon(upsync.next('published'));
  expect((await ask(url)).body).toBe('second');

  // Away, so that there is none for a while, and another in its place.
  await rm(link);
  expect(await upsync.next('problem')).toMatchObject({
    what: 'there is no such file or folder',
    where: link,
  });
  await rename(await templates(nginx, 'third'), link);
  await soon(upsync.next('published'));
  expect((await ask(url)).body).toBe('third');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});
