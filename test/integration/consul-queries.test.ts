import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Query, queryKey } from '../../src/pipeline/query.ts';
import { type Consul, startConsul } from '../bed/consul.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { answer, startConsulDouble } from '../support/consul-double.ts';
import { type Followed, follow, web } from '../support/consul-follow.ts';
import { deleteKey, putKey } from '../support/consul-kv.ts';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ acl: true });
});
afterAll(() => consul[Symbol.asyncDispose]());

const at = { datacenter: '' };
const key = (path: string): Query => ({ kind: 'key', path, ...at });
const tree = (prefix: string): Query => ({ kind: 'tree', prefix, ...at });
const all = () => ({ token: consul.token ?? '' });

/** The value that is held; undefined too where a key is known not to be there. */
function value(followed: Followed, query: Query): unknown {
  return followed.feed.snapshot().get(queryKey(query))?.value;
}

function isThere(followed: Followed, query: Query): boolean {
  return followed.feed.snapshot().has(queryKey(query));
}

test('a key is followed: that there is none, its text, another text, and that it is gone', async () => {
  const port = key('first/port');
  using followed = follow(consul.url, [port], all());
  await followed.until(() => isThere(followed, port));
  expect(value(followed, port)).toBeUndefined();
  expect(followed.events).toMatchObject([{ type: 'answered', of: 'key', instances: 0 }]);

  for (const text of ['80', '', 'größer\n']) {
    await putKey(consul, 'first/port', text);
    await followed.until(() => value(followed, port) === text);
  }
  await deleteKey(consul, 'first/port');
  await followed.until(() => isThere(followed, port) && value(followed, port) === undefined);
  await putKey(consul, 'first/port', 'again');
  await followed.until(() => value(followed, port) === 'again');
  expect(followed.events.map(({ type }) => type)).not.toContain('queryFailed');
});

test('names of keys are taken as they are, whatever they mean in a URL', async () => {
  const paths = ['odd/a b', 'odd/ä?c', 'odd/%2Fd', 'odd/#e', 'odd/{f}', 'odd/g@h'];
  for (const path of paths) await putKey(consul, path, path);
  const queries = [...paths.map(key), tree('odd/')];
  using followed = follow(consul.url, queries, all());
  await followed.until(() => queries.every((query) => isThere(followed, query)));
  expect(paths.map((path) => value(followed, key(path)))).toEqual(paths);
  expect(value(followed, tree('odd/'))).toEqual(paths.toSorted().map((path) => ({ path, value: path })));
});

test('a tree is followed, down to its last key', async () => {
  const app = tree('grown/');
  using followed = follow(consul.url, [app], all());
  await followed.until(() => isThere(followed, app));
  expect(value(followed, app)).toEqual([]);
  await putKey(consul, 'grown/a', '1');
  await putKey(consul, 'grown/b/c', '2');
  await putKey(consul, 'grownup', 'not in it');
  const both = [
    { path: 'grown/a', value: '1' },
    { path: 'grown/b/c', value: '2' },
  ];
  await followed.until(() => JSON.stringify(value(followed, app)) === JSON.stringify(both));
  await deleteKey(consul, 'grown/a');
  await deleteKey(consul, 'grown/b/c');
  await followed.until(() => JSON.stringify(value(followed, app)) === '[]');
  expect(followed.events.map(({ type }) => type)).not.toContain('queryFailed');
});

test('a token that loses its rights on keys takes none away, and one that is denied says what it lacks', async () => {
  await putKey(consul, 'kept/a', '1');
  const granted = await grant(consul, `${READ} key_prefix "kept/" { policy = "read" }`);
  const [one, some] = [key('kept/a'), tree('kept/')];
  using followed = follow(consul.url, [one, some], { token: granted.token, block: 300 });
  await followed.until(() => value(followed, one) === '1' && isThere(followed, some));

  await granted.setRules(READ);
  const failure = (query: Query, what: RegExp) =>
    followed.until(() =>
      followed.events.find(
        (event) =>
          event.type === 'queryFailed' && event.query === queryKey(query) && what.test(event.problem.what),
      ),
    );
  expect(await failure(one, /denied/)).toMatchObject({
    problem: { remedy: expect.stringContaining('grants key "kept/a" with policy "read"') },
  });
  await failure(some, /^empty answer for tree kept\/ not believed: .* lost its rights \(1 key stays\)$/);
  // Even with an index that has moved since: a key of it is denied.
  await putKey(consul, 'kept/b', '2');
  await failure(
    some,
    /^empty answer for tree kept\/ not believed: .*Consul denied the token.* \(1 key stays\)$/,
  );
  expect(value(followed, one)).toBe('1');
  expect(value(followed, some)).toEqual([{ path: 'kept/a', value: '1' }]);

  await granted.setRules(`${READ} key_prefix "kept/" { policy = "read" }`);
  await followed.until(() => Array.isArray(value(followed, some)) && followed.changes > 2);
  expect(value(followed, some)).toHaveLength(2);
});

test('without rights neither the catalog nor the nodes come to be empty', async () => {
  const granted = await grant(consul, READ);
  const services = { kind: 'services', ...at } as const;
  const nodes = { kind: 'nodes', ...at } as const;
  await consul.register({ id: 'l', name: 'listed', port: 80, tags: ['b', 'a'] });
  using followed = follow(consul.url, [services, nodes], { token: granted.token, block: 300 });
  await followed.until(() => isThere(followed, services) && isThere(followed, nodes));
  expect(value(followed, services)).toContainEqual({ name: 'listed', tags: ['a', 'b'] });
  expect(value(followed, nodes)).toMatchObject([
    { datacenter: 'dc1', node: consul.node, address: '127.0.0.1' },
  ]);

  await granted.setRules('key_prefix "" { policy = "read" }');
  await consul.register({ id: 'm', name: 'moved', port: 80 });
  const failed = (query: Query) =>
    followed.until(() =>
      followed.events.find((event) => event.type === 'queryFailed' && event.query === queryKey(query)),
    );
  await failed(services);
  await failed(nodes);
  expect(value(followed, services)).toContainEqual({ name: 'listed', tags: ['a', 'b'] });
  expect(value(followed, nodes)).toHaveLength(1);
});

test('Consul evaluates a filter; one that leaves none is believed, and one that it cannot read is named', async () => {
  const name = 'dotted.name.v2';
  const filtered = (filter: string): Query => ({ kind: 'service', service: name, ...at, filter });
  const [red, none, bad] = [
    filtered('Service.Meta.colour == "red"'),
    filtered('Service.Meta.colour == "green"'),
    filtered('colour is red'),
  ];
  const one = { name, port: 80, address: '10.0.0.1' };
  await consul.register({ ...one, id: 'r1', meta: { colour: 'red' } });
  await consul.register({ ...one, id: 'b1', meta: { colour: 'blue' } });
  using followed = follow(consul.url, [web(name), red, none, bad], all());
  await followed.until(() => [web(name), red, none].every((query) => isThere(followed, query)));
  expect(value(followed, web(name))).toHaveLength(2);
  expect(value(followed, red)).toMatchObject([{ id: 'r1' }]);
  expect(value(followed, none)).toEqual([]);
  await followed.until(() =>
    followed.events.find(
      (event) => event.type === 'queryFailed' && event.problem.remedy === 'mend the filter',
    ),
  );

  await consul.register({ ...one, id: 'r1', meta: { colour: 'green' } });
  await followed.until(() => JSON.stringify(value(followed, red)) === '[]');
  await followed.until(
    () => Array.isArray(value(followed, none)) && value(followed, web(name)) !== undefined,
  );
  expect(value(followed, none)).toMatchObject([{ id: 'r1' }]);
});

test('what only Consul Enterprise or a peer knows is asked for by its own parameters', async () => {
  await using double = await startConsulDouble((_, response) => answer(response, 1, []));
  const scope = { datacenter: 'dc2', namespace: 'team', partition: 'east' };
  using _ = follow(double.url, [
    { kind: 'service', service: 'a/b', ...scope, peer: 'far', near: '_agent', filter: 'x == "1"' },
    { kind: 'key', path: 'a/b c', ...scope },
    { kind: 'tree', prefix: 'a/', ...scope },
    { kind: 'services', ...scope },
    { kind: 'nodes', ...scope, near: 'n1' },
    { kind: 'node', node: 'n1', ...scope },
  ]);
  const asked = (path: string) => {
    const found = double.requests.find(
      ({ pathname, searchParams }) => pathname === path && !searchParams.has('consistent'),
    );
    return found && Object.fromEntries(found.searchParams);
  };
  const paths = {
    '/v1/health/service/a%2Fb': { peer: 'far', near: '_agent', filter: 'x == "1"' },
    '/v1/kv/a/b%20c': {},
    '/v1/kv/a/': { recurse: 'true' },
    '/v1/catalog/services': {},
    '/v1/catalog/nodes': { near: 'n1' },
    '/v1/catalog/node/n1': {},
  };
  await expect.poll(() => Object.keys(paths).every((path) => asked(path) !== undefined)).toBe(true);
  for (const [path, more] of Object.entries(paths)) {
    expect(asked(path), path).toEqual({ dc: 'dc2', ns: 'team', partition: 'east', stale: '1', ...more });
  }
});
