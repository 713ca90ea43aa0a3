import { describe, expect, test } from 'vitest';
import { type Claimant, parseClaim, routesOf, routeText } from '../../../src/pipeline/routes.ts';
import type { Route } from '../../../src/pipeline/view.ts';

/** An upstream whose instances `n1`, `n2` … ask for these. */
function claimant(upstream: string, ...asked: readonly string[]): Claimant {
  const claims = asked.map((text, index) => ({ key: `dc1/n${index + 1}/${upstream}`, claim: parsed(text) }));
  return { upstream, claims };
}

function parsed(text: string) {
  const slash = text.indexOf('/');
  const host = slash === 0 ? {} : { host: text.slice(0, slash) };
  const claim = parseClaim({ ...host, path: text.slice(slash) });
  if (claim === undefined) throw new Error('it asks for nothing');
  return claim;
}

function route(upstream: string, text: string): Route {
  const slash = text.indexOf('/');
  return { host: text.slice(0, slash), path: text.slice(slash), upstream };
}

const texts = (routes: readonly Route[]) => routes.map((one) => `${routeText(one)} ${one.upstream}`);

describe('what an instance asks for by its meta', () => {
  test.each([
    [{ host: 'example.org' }, { host: 'example.org', path: '/' }],
    [{ path: '/api' }, { host: '', path: '/api' }],
    [
      { host: 'Example.ORG', path: '/Api/v1.2_x-y' },
      { host: 'example.org', path: '/Api/v1.2_x-y' },
    ],
    [
      { host: '*.example.org', path: '/' },
      { host: '*.example.org', path: '/' },
    ],
    [{ path: '/api/' }, { host: '', path: '/api' }],
    [{ path: `/${'a'.repeat(199)}` }, { host: '', path: `/${'a'.repeat(199)}` }],
  ])('%j is a route', (meta, claim) => {
    expect(parseClaim(meta)).toEqual(claim);
  });

  test('without host and path it is none, whatever else there is', () => {
    expect(parseClaim({ version: '2', HOST: 'a.org' })).toBeUndefined();
    expect(parseClaim(Object.create({ host: 'a.org' }))).toBeUndefined();
  });

  test.each([
    '',
    'example.org:80',
    '*',
    '*.',
    '*.*.org',
    'a.*.org',
    '.example.org',
    'example.org.',
    '~^.*$',
    '_',
    'a b',
    'a.org;',
    'a.org\n',
    '$host',
    '127.0.0.1',
    '0x7f.1',
    'exämple.org',
    'a..b',
    '-a.org',
    `${'a'.repeat(64)}.org`,
    `${'a.'.repeat(127)}org`,
    'http://a.org',
    'a.org/b',
    '\u{E000}',
  ])('no host: %j', (host) => {
    expect(parseClaim({ host })).toHaveProperty('refusal');
  });

  test.each([
    '',
    'api',
    '//',
    '//a',
    '/a//b',
    '/a/../b',
    '/..',
    '/.',
    '/./a',
    '/a b',
    '/a;',
    '/a{',
    '/a}',
    '/$uri',
    '/a%2e',
    '/a?b',
    '/a#b',
    '/~a',
    '/a\n',
    '/a"',
    "/a'",
    '/a\\',
    '/é',
    `/${'a'.repeat(200)}`,
    '= /a',
    '~ /a',
    '@a',
  ])('no path: %j', (path) => {
    expect(parseClaim({ path })).toHaveProperty('refusal');
  });
});

describe('routes', () => {
  test('are sorted by host and path', () => {
    const { routes, notices } = routesOf(
      [claimant('c', 'b.org/'), claimant('b', 'a.org/x'), claimant('a', 'a.org/'), claimant('d', '/y')],
      [],
    );
    expect(texts(routes)).toEqual(['*/y d', 'a.org/ a', 'a.org/x b', 'b.org/ c']);
    expect(notices).toEqual([]);
  });

  test('that two upstreams ask for stay with the one that has it, and that is said', () => {
    const both = [claimant('a', 'example.org/api'), claimant('b', 'example.org/api')];
    const { routes, notices } = routesOf(both, [route('b', 'example.org/api')]);
    expect(texts(routes)).toEqual(['example.org/api b']);
    expect(notices).toEqual([
      { kind: 'conflict', upstream: 'a', route: 'example.org/api', reason: "example.org/api is b's already" },
    ]);
  });

  test('that nobody has are those of the first by name, in whatever order they come', () => {
    for (const asked of [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ]) {
      const { routes, notices } = routesOf(
        asked.map((name) => claimant(name, '/api/')),
        [route('c', 'a.org/')],
      );
      expect(texts(routes)).toEqual(['*/api a']);
      expect(notices.map((notice) => 'upstream' in notice && notice.upstream)).toEqual(['b', 'c']);
    }
  });

  test('go to the next one when the first asks for them no more', () => {
    const before = [route('a', 'example.org/')];
    expect(texts(routesOf([claimant('a'), claimant('b', 'example.org/')], before).routes)).toEqual([
      'example.org/ b',
    ]);
  });

  test('stay where nothing is registered for now', () => {
    const asleep = { upstream: 'a', claims: undefined };
    const before = [route('a', 'example.org/')];
    const { routes, notices } = routesOf([asleep, claimant('b', 'example.org/')], before);
    expect(texts(routes)).toEqual(['example.org/ a']);
    expect(notices).toHaveLength(1);
  });

  test('are those of the first instance by key, and that another one does not agree is said', () => {
    const { routes, notices } = routesOf([claimant('a', '/v1', '/v2', '/v1')], []);
    expect(texts(routes)).toEqual(['*/v1 a']);
    expect(notices).toEqual([
      {
        kind: 'doubtful',
        upstream: 'a',
        instance: 'dc1/n2/a',
        reason: 'it asks for */v2, and dc1/n1/a for */v1',
      },
    ]);
  });

  test('stay as they are while an instance asks for that', () => {
    const before = [route('a', '/v2')];
    expect(texts(routesOf([claimant('a', '/v1', '/v2', '/v1')], before).routes)).toEqual(['*/v2 a']);
    expect(texts(routesOf([claimant('a', '/v1', '/v3')], before).routes)).toEqual(['*/v1 a']);
  });

  test('are asked for by those instances alone that ask well', () => {
    const { routes, notices } = routesOf([claimant('a', 'a b/x', '/v1')], []);
    expect(texts(routes)).toEqual(['*/v1 a']);
    expect(notices).toMatchObject([
      { instance: 'dc1/n1/a', reason: 'its meta host "a b" is neither a host name nor *. and one' },
    ]);
  });
});
