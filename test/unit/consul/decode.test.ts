import { expect, test } from 'vitest';
import { decode } from '../../../src/consul/decode.ts';
import { type ConsulQuery, isRegistered, type Registration } from '../../../src/pipeline/snapshot.ts';

const SERVICE = { kind: 'service', service: 'web1', datacenter: '' } as const;
const NODE = { kind: 'node', node: 'n1', datacenter: '' } as const;

function registrations(query: ConsulQuery, body: unknown): readonly Registration[] {
  const answer = { ...decode(query, body), index: '1', since: 0 };
  if (!isRegistered(answer)) throw new Error('these are no registrations');
  return answer.value;
}

function instance(service: object = {}, checks: unknown = [], node: object = {}) {
  return {
    Node: { ID: 'x', Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', ...node },
    Service: {
      ID: 'web1-1',
      Service: 'web1',
      Address: '10.0.0.9',
      Port: 80,
      Weights: { Passing: 5, Warning: 2 },
      Tags: ['v1'],
      Meta: { zone: 'a' },
      ...service,
    },
    Checks: checks,
  };
}

test('an instance becomes a registration; what is not used is dropped', () => {
  expect(registrations(SERVICE, [instance({ Proxy: {}, ModifyIndex: 3 })])).toEqual([
    {
      datacenter: 'dc1',
      node: 'n1',
      id: 'web1-1',
      service: 'web1',
      address: '10.0.0.9',
      nodeAddress: '10.0.0.1',
      port: 80,
      weights: { passing: 5, warning: 2 },
      health: 'passing',
      tags: ['v1'],
      meta: { zone: 'a' },
    },
  ]);
});

test('an empty service address stands for that of the node', () => {
  expect(registrations(SERVICE, [instance({ Address: '' })])[0]?.address).toBe('10.0.0.1');
});

test('null stands for an empty list or map', () => {
  const [decoded] = registrations(SERVICE, [instance({ Tags: null, Meta: null }, null)]);
  expect(decoded).toMatchObject({ tags: [], meta: {}, health: 'passing' });
});

test('a service without weights has those of Consul by default', () => {
  expect(registrations(SERVICE, [instance({ Weights: undefined })])[0]?.weights).toEqual({
    passing: 1,
    warning: 1,
  });
});

test.each([
  [
    'passing',
    [
      ['serfHealth', 'passing'],
      ['a', 'passing'],
    ],
  ],
  [
    'warning',
    [
      ['a', 'warning'],
      ['b', 'passing'],
    ],
  ],
  [
    'critical',
    [
      ['a', 'warning'],
      ['b', 'critical'],
    ],
  ],
  [
    'critical',
    [
      ['serfHealth', 'critical'],
      ['a', 'passing'],
    ],
  ],
  ['critical', [['a', 'no state of Consul']]],
  [
    'maintenance',
    [
      ['_service_maintenance:web1-1', 'critical'],
      ['b', 'critical'],
    ],
  ],
  [
    'maintenance',
    [
      ['a', 'passing'],
      ['_node_maintenance', 'critical'],
    ],
  ],
  ['critical', [['_node_maintenance_of_mine', 'critical']]],
  ['passing', [['_node_maintenance', 'passing']]],
])('is %s with the checks %j', (health, checks) => {
  const answer = [
    instance(
      {},
      checks.map(([CheckID, Status]) => ({ CheckID, Status, Output: 'text' })),
    ),
  ];
  expect(registrations(SERVICE, answer)[0]?.health).toBe(health);
});

test('registrations come in the order of datacenter, node and id, whatever Consul’s', () => {
  const answer = [
    instance({ ID: 'b' }, [], { Node: 'n2' }),
    instance({ ID: 'a' }, [], { Node: 'n2' }),
    instance({ ID: 'z' }, [], { Node: 'N2' }),
    instance({ ID: 'c' }, [], { Node: 'n1' }),
  ];
  const order = (value: readonly Registration[]) => value.map(({ node, id }) => `${node}/${id}`);
  expect(order(registrations(SERVICE, answer))).toEqual(['N2/z', 'n1/c', 'n2/a', 'n2/b']);
  expect(order(registrations(SERVICE, answer.toReversed()))).toEqual(['N2/z', 'n1/c', 'n2/a', 'n2/b']);
});

test('the catalog lists what is on a node, with no health', () => {
  const { Node, Service } = instance();
  const answer = {
    Node,
    Services: { 'web1-1': Service, redis: { ...Service, ID: 'redis', Service: 'redis' } },
  };
  expect(registrations(NODE, answer)).toMatchObject([
    { id: 'redis', service: 'redis', health: 'unknown' },
    { id: 'web1-1', service: 'web1', health: 'unknown' },
  ]);
});

test.each([[null], [{ Node: instance().Node, Services: null }]])('a node may have nothing: %j', (answer) => {
  expect(registrations(NODE, answer)).toEqual([]);
});

test.each([
  ['the whole', null],
  ['the whole', { error: 'x' }],
  ['the whole', '[]'],
  ['0.Service', [{ Node: instance().Node }]],
  ['1.Service.Port', [instance(), instance({ Port: '80' })]],
  ['0.Service.Meta', [instance({ Meta: { zone: 1 } })]],
  ['0.Node.Address', [instance({}, [], { Address: undefined })]],
])('one wrong field fails the whole answer, and is named: %s', (at, answer) => {
  expect(() => registrations(SERVICE, answer)).toThrow(`the answer is not built as Consul's are (${at}: `);
});

test('what is no list of instances is judged up to its first fault: a complaint about each entry would outgrow the memory', () => {
  let judged = 0;
  const none = () => ({
    get Node() {
      judged += 1;
      return undefined;
    },
    get CheckID() {
      judged += 1;
      return undefined;
    },
  });
  const many = [none(), none(), none()];
  expect(() => registrations(SERVICE, many)).toThrow("the answer is not built as Consul's are (0.Node: ");
  expect(() => registrations(SERVICE, [instance({}, many)])).toThrow('(0.Checks.0.CheckID: ');
  expect(judged).toBe(2);
});

test('where it says near what, a service keeps the order of Consul', () => {
  const answer = [instance({ ID: 'b' }), instance({ ID: 'a' })];
  const near = { ...SERVICE, near: '_agent' };
  expect(registrations(near, answer).map(({ id }) => id)).toEqual(['b', 'a']);
});

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const key = (path: string) => ({ kind: 'key', path, datacenter: '' }) as const;
const tree = (prefix: string) => ({ kind: 'tree', prefix, datacenter: '' }) as const;

test('the value of a key is its text, empty too, and undefined where there is none', () => {
  const value = (Value: string | null) => decode(key('app/port'), [{ Key: 'app/port', Value }]).value;
  expect(value(base64('80'))).toBe('80');
  expect(value(base64('\u{feff}grüße\n💥'))).toBe('\u{feff}grüße\n💥');
  expect(value(null)).toBe('');
  expect(decode(key('app/port'), null).value).toBeUndefined();
  expect(decode(key('app/port'), []).value).toBeUndefined();
});

test('a tree has its keys sorted by path, without folders', () => {
  const answer = [
    { Key: 'app/z', Value: null },
    { Key: 'app/', Value: null },
    { Key: 'app/B', Value: base64('2') },
    { Key: 'app/a/b', Value: base64('1') },
    { Key: 'app/a/', Value: null },
  ];
  expect(decode(tree('app/'), answer).value).toEqual([
    { path: 'app/B', value: '2' },
    { path: 'app/a/b', value: '1' },
    { path: 'app/z', value: '' },
  ]);
  expect(decode(tree('app/'), null).value).toEqual([]);
});

test('what is no text, or longer than Consul takes, fails the answer and is named', () => {
  const of = (value: Buffer) => [
    { Key: 'app/a', Value: base64('1') },
    { Key: 'app/b\n', Value: base64(value) },
  ];
  const longest = 512 * 1024;
  expect(() => decode(tree('app/'), of(Buffer.from([0xff, 0xfe])))).toThrow(
    'key "app/b\\n" is no text in UTF-8; put text there',
  );
  expect(() => decode(tree('app/'), of(Buffer.alloc(longest + 1, 'x')))).toThrow(
    'key "app/b\\n" holds more than 524288 bytes',
  );
  expect(decode(tree('app/'), of(Buffer.alloc(longest, 'x'))).value).toHaveLength(2);
  expect(() => decode(tree('app/'), [{ Key: 'app/a', Value: 'no base64!' }])).toThrow(
    "the answer is not built as Consul's are (0.Value: ",
  );
});

test('the catalog has names with their tags, both sorted, whatever the order of Consul', () => {
  const services = { kind: 'services', datacenter: '' } as const;
  const told = decode(services, { web2: null, __proto__: null, web1: ['b', 'a'] });
  expect(told.value).toEqual([
    { name: 'web1', tags: ['a', 'b'] },
    { name: 'web2', tags: [] },
  ]);
});

test('nodes come by datacenter and name, or as near as Consul says', () => {
  const node = (Node: string) => ({ Node, Address: '10.0.0.1', Datacenter: 'dc1', Meta: null, ID: 'x' });
  const answer = [node('b'), node('a')];
  expect(decode({ kind: 'nodes', datacenter: '' }, answer).value).toEqual([
    { datacenter: 'dc1', node: 'a', address: '10.0.0.1', meta: {} },
    { datacenter: 'dc1', node: 'b', address: '10.0.0.1', meta: {} },
  ]);
  const near = decode({ kind: 'nodes', datacenter: '', near: 'b' }, answer).value;
  expect(near).toMatchObject([{ node: 'b' }, { node: 'a' }]);
});
