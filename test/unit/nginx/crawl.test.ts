import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

describe('with a candidate in place', () => {
  /** What is read for each file of nginx.conf, in order: its contents. */
  async function readWith(
    nginxConf: string,
    files: Layout,
    instead: Readonly<Record<string, string | undefined>>,
  ): Promise<readonly string[]> {
    await using bed = await layNginx({
      layout: () => ({ 'nginx.conf': nginxConf, 'one/http.conf': '', ...files }),
    });
    const at = (path: string) => join(bed.folder, path);
    const overlay = {
      folder: at('one'),
      files: new Map(Object.entries(instead).map(([path, file]) => [at(path), file && at(file)])),
    };
    const { sources } = await crawl(bed.conf, at('upsync'), undefined, { overlay });
    return sources.slice(1).map(({ text }) => text);
  }

  test.each<[string, Layout, readonly string[]]>([
    ['is not there yet', {}, ['new;', 'other;']],
    ['is a file', { 'c/a.conf': 'old;' }, ['new;', 'other;']],
    ['is a link that leads nowhere', { 'c/a.conf': { link: 'nowhere' } }, ['new;', 'other;']],
  ])('its own file is read where what stands there %s', async (_, there, texts) => {
    const files = { 'c/b.conf': 'other;', 'one/a': 'new;', ...there };
    expect(await readWith('include c/*.conf;', files, { 'c/a.conf': 'one/a' })).toEqual(texts);
    expect(await readWith('include c/a.conf; include c/b.conf;', files, { 'c/a.conf': 'one/a' })).toEqual(
      texts,
    );
  });

  test('it is read through a link to it, and through one of the folder', async () => {
    const files = {
      'c/a.conf': 'old;',
      'one/a': 'new;',
      'enabled/a': { link: '../c/a.conf' },
      same: { link: 'c' },
    };
    for (const path of ['enabled/*', 'enabled/a', 'same/*.conf'])
      expect(await readWith(`include ${path};`, files, { 'c/a.conf': 'one/a' })).toEqual(['new;']);
  });

  test('what is to go is passed over by a pattern, and missing by name or through a link', async () => {
    const files = { 'c/a.conf': 'old;', 'c/b.conf': 'other;', 'enabled/a': { link: '../c/a.conf' } };
    const going = { 'c/a.conf': undefined };
    expect(await readWith('include c/*.conf;', files, going)).toEqual(['other;']);
    for (const path of ['c/a.conf', 'enabled/*'])
      await expect(readWith(`include ${path};`, files, going)).rejects.toThrow(
        /cannot read .*: no such file/,
      );
  });

  test('includes of its own files are followed, and files without any not looked into', async () => {
    const files = {
      'c/a.conf': 'old;',
      'one/a': 'new;',
      'one/http.conf': 'include one/http/x.conf; include one/http/y.conf;',
      'one/http/x.conf': 'include c/a.conf;',
      'one/http/y.conf': 'broken {',
    };
    const texts = await readWith('http { include upsync/http/*.conf; }', files, { 'c/a.conf': 'one/a' });
    expect(texts).toEqual([files['one/http.conf'], files['one/http/x.conf'], 'new;', 'broken {']);
  });
});

test('who looks for something else reads over a file that is missing, but not over nginx.conf', async () => {
  await using bed = await layNginx({ layout: () => ({ 'nginx.conf': 'include none; pid x;' }) });
  const view = { isLenient: true };
  expect((await crawl(bed.conf, join(bed.folder, 'upsync'), undefined, view)).pid).toBe('x');
  await expect(crawl('/none/nginx.conf', '/none/upsync', undefined, view)).rejects.toThrow('no such file');
});
