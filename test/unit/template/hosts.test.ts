import { describe, expect, test } from 'vitest';
import type { Route } from '../../../src/pipeline/view.ts';
import { hostsOf } from '../../../src/template/hosts.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

const route = (host: string, path = '/'): Route => ({ host, path, upstream: 'web1' });
const names = (...hosts: readonly string[]) =>
  hostsOf(hosts.map((host) => route(host))).map(({ serverName }) => serverName);

const long = `${'a'.repeat(30)}.review.example.org`;
const longWild = `*.${'a'.repeat(30)}.review.example.org`;

test('the server for all other hosts comes first, and is there without a route too', () => {
  expect(hostsOf([])).toEqual([{ host: '', serverName: '_', routes: [] }]);
  expect(names('a.org', '')).toEqual(['_', 'a.org']);
});

test('each host is there once, with its routes in their order', () => {
  const routes = [route('', '/x'), route('a.org', '/'), route('a.org', '/b'), route('b.org', '/')];
  expect(hostsOf(routes).map(({ host, routes }) => [host, routes.map(({ path }) => path)])).toEqual([
    ['', ['/x']],
    ['a.org', ['/', '/b']],
    ['b.org', ['/']],
  ]);
});

test('names that fit into its hash are left to nginx', () => {
  expect(names('*.org', '*.a.org', 'b.a.org')).toEqual(['_', 'b.a.org', '*.a.org', '*.org']);
});

test('a long name is an expression, and those with *. are then, the nearest first', () => {
  expect(names('*.org', longWild, '*.example.org', 'b.org', long)).toEqual([
    '_',
    `~^${'a'.repeat(30)}\\.review\\.example\\.org$`,
    'b.org',
    `~^.+\\.${'a'.repeat(30)}\\.review\\.example\\.org$`,
    '~^.+\\.example\\.org$',
    '~^.+\\.org$',
  ]);
});

test('nothing in it can be changed by a template', () => {
  const [first] = hostsOf([route('')]);
  expect(Object.isFrozen(first) && Object.isFrozen(first?.routes)).toBe(true);
});

describe('the built-in gateway', () => {
  const files = (gateway?: string) => {
    const rendered = createTemplates({ kind: 'builtin' }, templatesContext({ gateway })).render(
      { ...view(upstream([server(1)])), routes: [route('a.org', '/api')] },
      new Map(),
    );
    return rendered.kind === 'files'
      ? new Map(rendered.files.map((file) => [file.path, file.contents]))
      : undefined;
  };

  test('is written where there is something to listen on', () => {
    expect(files('8080')?.get('http/gateway.conf')).toContain('    listen 8080;\n    server_name a.org;\n');
  });

  test('is no file otherwise', () => {
    expect([...(files()?.keys() ?? [])]).toEqual(['http/upstreams.conf']);
  });
});
