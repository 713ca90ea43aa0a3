import { expect, test } from 'vitest';
import { presentComparison, presentComparisonJson } from '../../../src/cli/present-register.ts';
import type { Comparison } from '../../../src/registrar/compare.ts';
import { desire } from '../../../src/registrar/desired.ts';
import { diff } from '../../../src/registrar/diff.ts';
import { marksOf } from '../../../src/registrar/marks.ts';
import { container, identity, plan, registered } from '../registrar/given.ts';

const containers = [
  container(),
  container({
    id: 'c2',
    name: 'api',
    settings: [
      ['SERVICE_CHECK_HTTP', '/'],
      ['SERVICE_TAGS', 'a,b'],
    ],
  }),
  container({ id: 'c3', name: 'db', startedAt: 2_000 }),
];
const held = [
  registered({ meta: marksOf('engine-1', containers[0]?.id ?? '') }),
  registered({ id: 'node1:db:80', port: 1 }),
  registered({ id: 'node1:gone:80', meta: marksOf('engine-1', 'gone') }),
];
const notices = [{ what: 'x:80', reason: 'it is \u001b[31mred' }];

function comparison(): Comparison {
  const { services: desired } = desire(containers, plan(), identity, () => undefined);
  const sides = { desired, registered: held, containers, ...identity };
  return { desired, ...diff(sides, plan(), () => false), notices };
}

test('a person reads what is there, what is new, what changes, what goes and what is left out', () => {
  expect(presentComparison(comparison()).split('\n')).toEqual([
    '=  web  10.0.0.5:32768  node1:web-1:80  no tags  no check',
    '+  web  10.0.0.5:32768  node1:api:80    a, b     GET http://10.0.0.5:32768/, every 10s',
    '~  web  10.0.0.5:32768  node1:db:80     no tags  no check',
    '',
    'web  − 10.0.0.5:32768 (node1:gone:80)',
    '',
    'x:80  it is \\u{1b}[31mred',
    '',
    '1 to register, 1 to change, 1 to remove. Nothing was written.',
    '',
  ]);
});

test('a program reads one document', () => {
  expect(JSON.parse(presentComparisonJson(comparison()))).toMatchObject({
    services: [{ id: 'node1:web-1:80' }, { id: 'node1:api:80' }, { id: 'node1:db:80' }],
    actions: [{ kind: 'deregister' }, { kind: 'register' }, { kind: 'register' }],
    notices,
  });
});
