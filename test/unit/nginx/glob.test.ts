import { expect, test } from 'vitest';
import { glob } from '../../../src/nginx/glob.ts';

const TREE: Readonly<Record<string, readonly string[]>> = {
  '/': ['etc'],
  '/etc': ['a', 'b', 'B', 'c.conf', '.hidden'],
  '/etc/a': ['x.conf', 'x1.conf', 'x-conf', 'y.conf~', '.x.conf', 'é.conf', '*.conf', '[x].conf', '{x}.conf'],
  '/etc/b': ['x.conf', 'deep'],
  '/etc/b/deep': ['x.conf'],
};

const names = async (folder: string) => TREE[folder] ?? [];

// As glob(3) answers, called without flags in the C locale.
test.each<[string, readonly string[]]>([
  ['/etc/b/*', ['/etc/b/deep', '/etc/b/x.conf']],
  ['/etc/a/x*.conf', ['/etc/a/x.conf', '/etc/a/x1.conf']],
  ['/etc/a/?.conf', ['/etc/a/*.conf', '/etc/a/x.conf', '/etc/a/é.conf']],
  ['/etc/a/.*', ['/etc/a/.', '/etc/a/..', '/etc/a/.x.conf']],
  ['/etc/a/[.]*', []],
  ['/etc/*/x.conf', ['/etc/a/x.conf', '/etc/b/x.conf']],
  ['/etc/**/x.conf', ['/etc/a/x.conf', '/etc/b/x.conf']],
  ['/*/b/x.con[f]', ['/etc/b/x.conf']],
  ['/etc/a/x[0-9].conf', ['/etc/a/x1.conf']],
  ['/etc/a/x[[:digit:]].conf', ['/etc/a/x1.conf']],
  ['/etc/a/x[!0-9]conf', ['/etc/a/x-conf', '/etc/a/x.conf']],
  ['/etc/a/x[^0-9.]conf', ['/etc/a/x-conf']],
  ['/etc/a/x[].-]conf', ['/etc/a/x-conf', '/etc/a/x.conf']],
  ['/etc/a/x[9-0]*', []],
  ['/etc/a/\\*.c*', ['/etc/a/*.conf']],
  ['/etc/a/[[]x].conf', ['/etc/a/[x].conf']],
  ['/etc/a/\\[x\\].con?', ['/etc/a/[x].conf']],
  ['/etc/a/{x,y}.con?', []],
  ['/etc/a/[x', []],
  ['/etc/[a-c]', ['/etc/a', '/etc/b']],
  ['/etc/[bB]', ['/etc/B', '/etc/b']],
  ['/none/*', []],
])('%s', async (pattern, expected) => {
  expect(await glob(pattern, names)).toEqual(expected);
});
