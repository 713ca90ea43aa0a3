import { expect, test } from 'vitest';
import { checkFolder } from '../../../src/check/folder.ts';
import type { FolderFacts } from '../../../src/release/folder-facts.ts';

const output = '/etc/nginx/upsync';
const release = 'releases/20261123T052400.123Z-0123456789abcdef';

const facts: FolderFacts = {
  exists: true,
  problem: undefined,
  free: 10 ** 9,
  current: { path: `${output}/current`, kind: 'link', target: release },
  proven: { path: `${output}/proven`, kind: 'link', target: release },
  links: ['http', 'stream'].map((context) => ({
    path: `${output}/${context}/upsync.conf`,
    kind: 'link',
    target: `../current/${context}.conf`,
    wanted: `../current/${context}.conf`,
  })),
};

const live = {
  folder: `${output}/${release}`,
  digest: '0123456789abcdef',
  structure: 'd',
  time: 0,
  view: { upstreams: [], routes: [], leftOut: [] },
  indexes: {},
};

const said = (more: Partial<FolderFacts>, current: typeof live | undefined = live) =>
  checkFolder(output, { ...facts, ...more }, current).map(({ level, what, where }) =>
    level === 'ok' ? what : `${level} ${where}: ${what}`,
  );

const fine = ['/etc/nginx/upsync can be written'];

test('one that is well is told in two lines', () => {
  expect(said({})).toEqual([...fine, '0123456789abcdef is what nginx starts with, and was seen to run']);
});

test('a fresh one is well', () => {
  const missing = (path: string) => ({ path, kind: 'missing' as const });
  const fresh = {
    exists: false,
    current: missing('current'),
    proven: missing('proven'),
    links: [],
  };
  expect(said(fresh, undefined)).toEqual([
    '/etc/nginx/upsync does not exist yet, and can be made',
    'none is there yet: the first run of upsync writes one',
  ]);
});

test('what it may lack is named', () => {
  const current = facts.current;
  expect(said({ free: 1024 * 100 })[1]).toBe(
    'warn /etc/nginx/upsync: the disk is nearly full: 100 KiB are free',
  );
  expect(said({ free: undefined })).toHaveLength(2);
  expect(said({ current: { ...current, kind: 'other' } }).at(-1)).toMatch(
    /^fail .*current: this is no link$/,
  );
  expect(said({ current: { ...current, kind: 'dangling' } }).at(-1)).toMatch(
    /^fail .*current: it leads to releases\/.*, which is not there: nginx cannot start$/,
  );
  expect(said({ proven: { path: `${output}/proven`, kind: 'link', target: 'releases/old' } }).at(-1)).toMatch(
    /^warn .*current: 0123456789abcdef was published, but nginx was never seen to run it$/,
  );
  expect(checkFolder(output, facts, undefined).at(-1)?.what).toMatch(/^its manifest cannot be read/);
});

test('a link that nginx includes and that leads elsewhere is a warning, one that is a mount a failure', () => {
  const [http, stream] = facts.links;
  if (http === undefined || stream === undefined) throw new Error('there are two');
  expect(said({ links: [{ ...http, target: 'elsewhere' }, stream] }).at(-1)).toMatch(
    /^warn .*http\/upsync\.conf: it does not lead to \.\.\/current\/http\.conf/,
  );
  expect(said({ links: [{ ...http, kind: 'mount' }, stream] })).toContainEqual(
    expect.stringMatching(/^fail .*http\/upsync\.conf: this is a mount of its own/),
  );
});
