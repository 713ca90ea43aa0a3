import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crawl } from '../../../src/nginx/crawl.ts';
import { type Layout, layNginx } from '../../bed/nginx.ts';

/** The crawl of a layout whose nginx.conf is the given text, with the folder's path left out. */
async function read(nginxConf: string, files: Layout = {}) {
  await using bed = await layNginx({ layout: () => ({ 'nginx.conf': nginxConf, ...files }) });
  const found = await crawl(bed.conf, join(bed.folder, 'upsync'));
  const short = (path: string) => path.replace(`${bed.folder}/`, '');
  return {
    ...found,
    sources: found.sources.map(({ shown }) => short(shown)),
    includes: found.placed.flatMap(({ includes = [] }) => includes.map(short)),
    places: found.placed.map(({ directive, context }) => [...context, directive.name].join(' ')),
  };
}

test('each directive is found in the context that its file is included in', async () => {
  const { places } = await read('include a; http { include a; server { include b; } }', {
    a: 'include b;',
    b: 'x { y; }',
  });
  expect(places.filter((place) => place.endsWith('y'))).toEqual(['x y', 'http x y', 'http server x y']);
});

test('of blocks of data only includes are found, and only where nginx knows them', async () => {
  const { places, sources } = await read(
    'http { map a b { pid 1; include m; } types { include t; } split_clients a b { include none; } }',
    { m: 'include n;', n: '', t: 'a b;' },
  );
  expect(places.filter((place) => place.includes('pid'))).toEqual([]);
  expect(sources).toEqual(['nginx.conf', 'm', 'n', 't']);
});

test('files are read in the order of nginx, leading dots left out', async () => {
  const files = { 'c/b': '', 'c/a': '', 'c/B': '', 'c/.a': '', 'c/10': '', 'c/9': '' };
  expect((await read('include c/*; include c/9;', files)).includes).toEqual([
    'c/10',
    'c/9',
    'c/B',
    'c/a',
    'c/b',
    'c/9',
  ]);
});

test.each([
  ['include upsync/http/*.conf;', { http: true, stream: false }],
  ['include upsync/stream/upsync.conf;', { http: false, stream: true }],
  ['include up[s]ync/*/up*.conf;', { http: true, stream: true }],
  ['include a/../upsync//http/*;', { http: true, stream: false }],
  ['include linked/http/*.conf;', { http: true, stream: false }],
  ['include file;', { http: true, stream: false }],
  ['include upsync/*.conf;', { http: false, stream: false }],
  ['include other/http/upsync.con[f];', { http: false, stream: false }],
  ['# include upsync/http/*.conf;', { http: false, stream: false }],
])('whether `%s` reaches the managed folder is told before anything is in it', async (text, included) => {
  const files = {
    'a/.keep': '',
    'upsync/.keep': '',
    linked: { link: 'upsync' },
    file: { link: 'upsync/http/upsync.conf' },
  };
  expect((await read(text, files)).included).toEqual(included);
});

test('what stands in the managed folder is not read', async () => {
  const { sources } = await read('include upsync/http/*.conf;', { 'upsync/http/upsync.conf': 'broken {' });
  expect(sources).toEqual(['nginx.conf']);
});

test('the pid file is the one of the main context', async () => {
  expect((await read('include a; http { map a b { pid x; } }', { a: 'pid "/run/my pid";' })).pid).toBe(
    '/run/my pid',
  );
  expect((await read('http {}')).pid).toBeUndefined();
});

test('files of many includes are read once, and circles are not run in', async () => {
  const deep = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`f${index}`, `include f${index + 1}; include f${index + 1};`]),
  );
  expect((await read('include f0;', { ...deep, f30: '' })).sources).toHaveLength(32);
  await expect(read('include a;', { a: 'x { include b; }', b: 'include a;' })).rejects.toThrow(
    'a includes itself',
  );
});

test('a device has nothing in it, and a folder is no file', async () => {
  expect((await read('include /dev/zero;')).sources).toEqual(['nginx.conf', '/dev/zero']);
  await expect(read('include sub;', { 'sub/a': '' })).rejects.toThrow(
    /nginx\.conf:1: cannot read .*sub: it is a folder/,
  );
});

test('nginx.conf itself may be missing', async () => {
  await expect(crawl('/none/nginx.conf', '/none/upsync')).rejects.toThrow(
    'cannot read /none/nginx.conf: no such file',
  );
});
