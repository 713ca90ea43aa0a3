import { expect, test } from 'vitest';
import { judge } from '../../../src/consul/judge.ts';
import type { ConsulAnswer, ConsulTold, Registration } from '../../../src/pipeline/snapshot.ts';

const SERVICE = { kind: 'service', service: 'web1', datacenter: '' } as const;
const NODE = { kind: 'node', node: 'n1', datacenter: '' } as const;

function registration(id: string): Registration {
  return {
    datacenter: 'dc1',
    node: 'n1',
    id,
    service: 'web1',
    address: '10.0.0.1',
    nodeAddress: '10.0.0.1',
    port: 80,
    weights: { passing: 1, warning: 1 },
    health: 'passing',
    tags: [],
    meta: {},
  };
}

const TWO = [registration('a'), registration('b')];

function held(value: readonly Registration[], index = '10'): ConsulAnswer {
  return { query: SERVICE, value, index, since: 0 };
}

test.each([
  ['the first answer', TWO, 5n, 0n, undefined, 'changed'],
  ['the same under a newer index', [...TWO], 11n, 10n, held(TWO), 'unchanged'],
  ['the same under the same index', TWO, 10n, 10n, held(TWO), 'unchanged'],
  ['another value', TWO.slice(1), 11n, 10n, held(TWO), 'changed'],
  ['another value under the same index', TWO.slice(1), 10n, 10n, held(TWO), 'changed'],
  ['an index that went backwards', TWO, 9n, 10n, held(TWO), 'rewound'],
  ['an index that went backwards, empty', [], 1n, 10n, held(TWO), 'rewound'],
  ['a lower index on a read without one', TWO.slice(1), 3n, 0n, held(TWO), 'doubtful'],
  ['a lower index than that of an upsync before', TWO, 9n, 0n, undefined, 'doubtful', '10'],
  ['a lower index, and the same value', TWO, 3n, 0n, held(TWO), 'doubtful'],
  ['an index of more than 53 bits', TWO, 2n ** 63n, 2n ** 63n + 1n, held(TWO), 'rewound'],
  ['a first answer that is empty', [], 5n, 0n, undefined, 'doubtful'],
  ['empty, with an index that moved on', [], 11n, 10n, held(TWO), 'doubtful'],
  ['empty, on a read without an index', [], 11n, 0n, held(TWO), 'doubtful'],
  ['empty, as before', [], 12n, 11n, held([], '11'), 'unchanged'],
  ['a first answer that is empty, with an index that moved on', [], 11n, 0n, undefined, 'doubtful', '10'],
  ['empty as before, whatever was before that', [], 12n, 11n, held([], '11'), 'unchanged', '20'],
] as const)('%s', (_, value, index, asked, last, kind, before?: string) => {
  expect(judge({ query: SERVICE, value }, { index, filtered: false }, asked, last, before).kind).toBe(kind);
});

test.each([
  [
    'the index has not moved',
    10n,
    false,
    held(TWO),
    /index 10 has not moved .* lost its rights \(2 instances stay\)$/,
  ],
  [
    'the index is behind',
    9n,
    false,
    held(TWO.slice(1)),
    /index 9 is behind 10, .* lost its state \(1 instance stays\)$/,
  ],
  ['the index is behind that of an upsync before', 9n, false, undefined, /is behind 10, .* lost its state$/],
  ['Consul filtered it', 11n, true, held(TWO), /hid instances from the token \(2 instances stay\)$/],
  ['Consul filtered the first one', 11n, true, undefined, /hid instances from the token$/],
  ['Consul filtered one that was empty', 11n, true, held([]), /hid instances from the token$/],
])('an empty answer is refused where %s', (_, index, filtered, last, words) => {
  const judgement = judge({ query: SERVICE, value: [] }, { index, filtered }, 0n, last, '10');
  expect(judgement).toMatchObject({
    kind: 'refused',
    problem: { what: expect.stringMatching(/^empty answer for web1 not believed: /) },
  });
  expect(judgement).toMatchObject({ problem: { what: expect.stringMatching(words) } });
});

test('instances that came although others were hidden are taken', () => {
  expect(judge({ query: SERVICE, value: TWO }, { index: 11n, filtered: true }, 0n, undefined).kind).toBe(
    'changed',
  );
});

test('a node may be empty without a doubt', () => {
  expect(judge({ query: NODE, value: [] }, { index: 11n, filtered: false }, 0n, held(TWO)).kind).toBe(
    'changed',
  );
});

const KEY = { kind: 'key', path: 'app/port', datacenter: '' } as const;
const TREE = { kind: 'tree', prefix: 'app/', datacenter: '' } as const;
const SERVICES = { kind: 'services', datacenter: '' } as const;
const NODES = { kind: 'nodes', datacenter: '' } as const;

const vanishing: readonly (readonly [full: ConsulTold, empty: ConsulTold])[] = [
  [
    { query: KEY, value: '8080' },
    { query: KEY, value: undefined },
  ],
  [
    { query: KEY, value: '' },
    { query: KEY, value: undefined },
  ],
  [
    { query: TREE, value: [{ path: 'app/port', value: '8080' }] },
    { query: TREE, value: [] },
  ],
  [
    { query: SERVICES, value: [{ name: 'web1', tags: [] }] },
    { query: SERVICES, value: [] },
  ],
  [
    { query: NODES, value: [{ datacenter: 'dc1', node: 'n1', address: '10.0.0.1', meta: {} }] },
    { query: NODES, value: [] },
  ],
];

test.each(vanishing.map(([told, empty]) => [told.query.kind, told, empty] as const))(
  'a %s that vanished is doubted as an empty service is',
  (_, told, empty) => {
    const before: ConsulAnswer = { ...told, index: '10', since: 0 };
    const none: ConsulAnswer = { ...empty, index: '11', since: 0 };
    const verdict = (told: ConsulTold, index: bigint, last?: ConsulAnswer, recalled?: string) =>
      judge(told, { index, filtered: false }, 0n, last, recalled).kind;
    expect(verdict(told, 11n, before)).toBe('unchanged');
    expect(verdict(empty, 11n, before)).toBe('doubtful');
    expect(verdict(empty, 10n, before)).toBe('refused');
    expect(verdict(empty, 9n, before)).toBe('refused');
    expect(verdict(empty, 9n)).toBe('doubtful');
    expect(verdict(empty, 10n, undefined, '10')).toBe('refused');
    expect(verdict(empty, 11n, undefined, '10')).toBe('doubtful');
    expect(verdict(empty, 12n, none)).toBe('unchanged');
    expect(verdict(told, 12n, none)).toBe('changed');
    expect(verdict(told, 9n, none)).toBe('doubtful');
    expect(judge(empty, { index: 11n, filtered: true }, 0n, before).kind).toBe('refused');
  },
);

test('what stays meanwhile is said in words that fit', () => {
  const words = (told: ConsulTold, empty: ConsulTold) => {
    const verdict = judge(empty, { index: 9n, filtered: false }, 0n, { ...told, index: '10', since: 0 });
    return verdict.kind === 'refused' ? verdict.problem.what : verdict.kind;
  };
  expect(words({ query: KEY, value: 'a' }, { query: KEY, value: undefined })).toBe(
    "empty answer for key app/port not believed: Consul's index 9 is behind 10, when it had it, so Consul may have lost its state (its value stays)",
  );
  const entry = { path: 'app/a', value: '' };
  expect(words({ query: TREE, value: [entry, entry] }, { query: TREE, value: [] })).toMatch(
    /^empty answer for tree app\/ not believed: .* \(2 keys stay\)$/,
  );
});

const lists: readonly (readonly [full: ConsulTold, shorter: ConsulTold, longer: ConsulTold])[] = [
  [
    { query: SERVICES, value: ['consul', 'web1'].map((name) => ({ name, tags: [] })) },
    { query: SERVICES, value: ['consul', 'new'].map((name) => ({ name, tags: [] })) },
    { query: SERVICES, value: ['consul', 'new', 'web1'].map((name) => ({ name, tags: [] })) },
  ],
  [
    { query: NODES, value: ['n1', 'n2'].map(node) },
    { query: NODES, value: ['n1', 'n3'].map(node) },
    { query: NODES, value: ['n1', 'n2', 'n3'].map(node) },
  ],
  [
    { query: TREE, value: ['app/a', 'app/b'].map((path) => ({ path, value: '' })) },
    { query: TREE, value: ['app/a'].map((path) => ({ path, value: '' })) },
    { query: TREE, value: ['app/a', 'app/b', 'app/c'].map((path) => ({ path, value: '' })) },
  ],
];

function node(name: string) {
  return { datacenter: 'dc1', node: name, address: '10.0.0.1', meta: {} };
}

test.each(lists.map(([full, shorter, longer]) => [full.query.kind, full, shorter, longer] as const))(
  'a list of %s that lacks some is refused where the index is behind: Consul may have lost its state',
  (_, full, shorter, longer) => {
    const before: ConsulAnswer = { ...full, index: '10', since: 0 };
    const verdict = (told: ConsulTold, index: bigint) =>
      judge(told, { index, filtered: false }, 0n, before).kind;
    expect(verdict(shorter, 9n)).toBe('refused');
    expect(verdict(shorter, 10n)).toBe('changed');
    expect(verdict(longer, 9n)).toBe('doubtful');
    expect(verdict(longer, 11n)).toBe('changed');
    const judgement = judge(shorter, { index: 9n, filtered: false }, 0n, before);
    expect(judgement).toMatchObject({
      problem: { what: expect.stringMatching(/^shorter answer for .* index 9 is behind 10, .* stay\)$/) },
    });
  },
);
