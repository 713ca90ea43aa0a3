import { describe, expect, test } from 'vitest';
import { moved, ofChecks, ofNodes, ofServices, type Traces } from '../../../src/consul/traces.ts';

function check(service: string, index: number, node = 'n1') {
  return { Node: node, ServiceName: service, ModifyIndex: index, CheckID: 'more', Output: 'than is used' };
}

function between(before: Traces, after: Traces) {
  const { services, nodes } = moved(before, after);
  return { services: [...services], nodes: [...nodes] };
}

describe('of checks', () => {
  const before = ofChecks([check('web1', 5), check('web1', 6), check('web2', 7), check('', 8)]);
  const nothing = { services: [], nodes: [] };

  test.each([
    [
      'nothing, in another order',
      [check('', 8), check('web2', 7), check('web1', 6), check('web1', 5)],
      nothing,
    ],
    [
      'one that changed',
      [check('web1', 9), check('web1', 6), check('web2', 7), check('', 8)],
      { services: ['web1'] },
    ],
    [
      'one that came',
      [check('web1', 5), check('web1', 6), check('web2', 7), check('web2', 9), check('', 8)],
      { services: ['web2'] },
    ],
    [
      'one that went, not the newest',
      [check('web1', 6), check('web2', 7), check('', 8)],
      { services: ['web1'] },
    ],
    [
      'one in the place of another',
      [check('web1', 9), check('web1', 5), check('web2', 7), check('', 8)],
      { services: ['web1'] },
    ],
    ['the last of a service', [check('web1', 5), check('web1', 6), check('', 8)], { services: ['web2'] }],
    [
      'the first of a service',
      [check('web1', 5), check('web1', 6), check('web2', 7), check('Web3', 9), check('', 8)],
      { services: ['web3'] },
    ],
    ["a node's own", [check('web1', 5), check('web1', 6), check('web2', 7), check('', 9)], { nodes: ['n1'] }],
  ])('%s', (_, after, seen) => {
    expect(between(before, ofChecks(after))).toEqual({ ...nothing, ...seen });
  });
});

test('of services: names and tags, in whatever order Consul lists them', () => {
  const before = ofServices({ web1: ['a', 'b'], web2: [], web3: null });
  expect(between(before, ofServices({ web3: null, web2: [], web1: ['b', 'a'] })).services).toEqual([]);
  expect(between(before, ofServices({ web1: ['a'], web2: [], Web4: [] })).services).toEqual([
    'web1',
    'web3',
    'web4',
  ]);
});

test('of nodes: those that came, went or changed', () => {
  const node = (name: string, index: number) => ({ Node: name, ModifyIndex: index, Address: '10.0.0.1' });
  const before = ofNodes([node('n1', 1), node('n2', 2), node('n3', 3)]);
  expect(between(before, ofNodes([node('N1', 1), node('n2', 4), node('n4', 5)])).nodes).toEqual([
    'n2',
    'n3',
    'n4',
  ]);
});

test.each([[{}], [null], [[{ Node: 'n1' }]], [[1]]])('what is not built so is refused: %j', (body) => {
  expect(() => ofChecks(body)).toThrow("not built as Consul's are");
});
