import { expect, test } from 'vitest';
import { decode } from '../../../src/consul/decode.ts';

const SERVICE = { kind: 'service', service: 'web1', datacenter: '' } as const;
const NODE = { kind: 'node', node: 'n1', datacenter: '' } as const;

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
  expect(decode(SERVICE, [instance({ Proxy: {}, ModifyIndex: 3 })])).toEqual([
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
  expect(decode(SERVICE, [instance({ Address: '' })])[0]?.address).toBe('10.0.0.1');
});

test('null stands for an empty list or map', () => {
  const [decoded] = decode(SERVICE, [instance({ Tags: null, Meta: null }, null)]);
  expect(decoded).toMatchObject({ tags: [], meta: {}, health: 'passing' });
});

test('a service without weights has those of Consul by default', () => {
  expect(decode(SERVICE, [instance({ Weights: undefined })])[0]?.weights).toEqual({ passing: 1, warning: 1 });
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
  expect(decode(SERVICE, answer)[0]?.health).toBe(health);
});

test('registrations come in the order of datacenter, node and id, whatever Consul’s', () => {
  const answer = [
    instance({ ID: 'b' }, [], { Node: 'n2' }),
    instance({ ID: 'a' }, [], { Node: 'n2' }),
    instance({ ID: 'z' }, [], { Node: 'N2' }),
    instance({ ID: 'c' }, [], { Node: 'n1' }),
  ];
  const order = (value: ReturnType<typeof decode>) => value.map(({ node, id }) => `${node}/${id}`);
  expect(order(decode(SERVICE, answer))).toEqual(['N2/z', 'n1/c', 'n2/a', 'n2/b']);
  expect(order(decode(SERVICE, answer.toReversed()))).toEqual(['N2/z', 'n1/c', 'n2/a', 'n2/b']);
});

test('the catalog lists what is on a node, with no health', () => {
  const { Node, Service } = instance();
  const answer = {
    Node,
    Services: { 'web1-1': Service, redis: { ...Service, ID: 'redis', Service: 'redis' } },
  };
  expect(decode(NODE, answer)).toMatchObject([
    { id: 'redis', service: 'redis', health: 'unknown' },
    { id: 'web1-1', service: 'web1', health: 'unknown' },
  ]);
});

test.each([[null], [{ Node: instance().Node, Services: null }]])('a node may have nothing: %j', (answer) => {
  expect(decode(NODE, answer)).toEqual([]);
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
  expect(() => decode(SERVICE, answer)).toThrow(`the answer is not built as Consul's are (${at}: `);
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
  expect(() => decode(SERVICE, many)).toThrow("the answer is not built as Consul's are (0.Node: ");
  expect(() => decode(SERVICE, [instance({}, many)])).toThrow('(0.Checks.0.CheckID: ');
  expect(judged).toBe(2);
});
