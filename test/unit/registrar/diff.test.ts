import { describe, expect, test } from 'vitest';
import type { Action } from '../../../src/registrar/action.ts';
import { describeCheck } from '../../../src/registrar/check.ts';
import type { Container } from '../../../src/registrar/container.ts';
import { desire } from '../../../src/registrar/desired.ts';
import { diff } from '../../../src/registrar/diff.ts';
import { marksOf, pausedReason, stoppingReason } from '../../../src/registrar/marks.ts';
import type { RegistrarPlan } from '../../../src/registrar/plan.ts';
import type { Registered } from '../../../src/registrar/service.ts';
import { container, identity, plan, port, registered } from './given.ts';

interface Scene {
  readonly containers?: readonly Container[];
  readonly held?: readonly Registered[];
  readonly options?: Partial<RegistrarPlan>;
  readonly maintenance?: string;
  readonly due?: boolean;
}

function compare({ containers = [container()], held = [], options = {}, maintenance, due = false }: Scene) {
  const { services } = desire(containers, plan(options), identity, () => maintenance);
  const sides = { desired: services, registered: held, containers, ...identity };
  return diff(sides, plan(options), () => due);
}

/** `register node1:web-1:80` and so on. */
function actions(scene: Scene): readonly string[] {
  return compare(scene).actions.map((action: Action) => `${action.kind} ${action.service.id}`);
}

describe('what the agent', () => {
  test('holds as it should is not written', () => {
    expect(actions({ held: [registered()] })).toEqual([]);
  });

  test('does not hold is registered', () => {
    expect(actions({})).toEqual(['register node1:web-1:80']);
  });

  test.each<Partial<Registered>>([
    { name: 'api' },
    { address: '10.0.0.6' },
    { port: 1 },
    { tags: ['more'] },
    { meta: { ...registered().meta, more: 'x' } },
    { meta: marksOf('engine-1', 'another') },
    // Nobody's: Registrator's, or a person's under the id that a container claims.
    { meta: {} },
  ])('holds otherwise is registered anew: %j', (more) => {
    expect(actions({ held: [registered(more)] })).toEqual(['register node1:web-1:80']);
  });

  test('holds of a container that is gone is deregistered', () => {
    expect(actions({ containers: [], held: [registered()] })).toEqual(['deregister node1:web-1:80']);
  });
});

describe('what is not its own', () => {
  const anothers = registered({ meta: marksOf('engine-2', 'x') });

  test.each([
    ["another registrar's", anothers],
    ["a person's", registered({ id: 'by-hand', meta: {} })],
    ["Registrator's", registered({ meta: {} })],
  ])('%s is left alone', (_, one) => {
    expect(actions({ containers: [], held: [one] })).toEqual([]);
  });

  test('is not overwritten either where it bears the mark of another registrar', () => {
    expect(compare({ held: [anothers] })).toEqual({
      actions: [],
      conflicts: [
        {
          what: 'node1:web-1:80',
          reason: expect.stringMatching(/^the registrar engine-2 has a service of this id/),
        },
      ],
    });
  });

  test.each([
    ['node1:gone:80', ['deregister node1:gone:80']],
    ['node1:gone:53:udp', ['deregister node1:gone:53:udp']],
    ['node2:gone:80', []],
    ['node1:gone', []],
    ['by-hand', []],
  ])('but --cleanup takes what Registrator left on this host: %s', (id, expected) => {
    const one = registered({ id, meta: {} });
    expect(actions({ containers: [], held: [one], options: { cleanup: true } })).toEqual(expected);
    expect(
      actions({
        containers: [],
        held: [{ ...one, meta: marksOf('engine-2', 'x') }],
        options: { cleanup: true },
      }),
    ).toEqual([]);
  });
});

describe('the order is that', () => {
  const other = container({ id: 'other', name: 'other' });

  test('what a container left behind goes before another is registered', () => {
    expect(actions({ containers: [other], held: [registered()] })).toEqual([
      'deregister node1:web-1:80',
      'register node1:other:80',
    ]);
  });

  test('a container that was renamed, or its host, is never without a registration', () => {
    const renamed = container({ name: 'web-2' });
    expect(actions({ containers: [renamed], held: [registered()] })).toEqual([
      'register node1:web-2:80',
      'deregister node1:web-1:80',
    ]);
  });

  test('who leaves is drained first', () => {
    const held = [registered({ id: 'node1:ghost:80', meta: marksOf('engine-1', 'ghost') }), registered()];
    expect(actions({ held, maintenance: stoppingReason(2_000) })).toEqual([
      'maintain node1:web-1:80',
      'deregister node1:ghost:80',
    ]);
  });
});

describe('maintenance', () => {
  const reason = stoppingReason(2_000);

  test('is begun once, with its reason', () => {
    expect(compare({ held: [registered()], maintenance: reason }).actions).toMatchObject([
      { kind: 'maintain', reason },
    ]);
    expect(actions({ held: [registered({ maintenance: reason })], maintenance: reason })).toEqual([]);
  });

  test('is ended where the registrar began it', () => {
    expect(actions({ held: [registered({ maintenance: pausedReason })] })).toEqual([
      'endMaintenance node1:web-1:80',
    ]);
  });

  test('that somebody else began is left alone', () => {
    expect(actions({ held: [registered({ maintenance: 'new disk' })] })).toEqual([]);
    expect(actions({ held: [registered({ maintenance: 'new disk' })], maintenance: reason })).toEqual([]);
  });

  test('is not what a service is registered for', () => {
    expect(actions({ maintenance: reason })).toEqual([]);
  });
});

describe('a check', () => {
  const settings: Container['settings'] = [['SERVICE_CHECK_TCP', 'true']];
  const notes = describeCheck({ kind: 'tcp', at: '10.0.0.5:32768', interval: '10s' });

  test('is registered anew where it changed, and only then', () => {
    const containers = [container({ settings })];
    const same = registered({ check: { notes, status: 'critical' } });
    expect(actions({ containers, held: [same] })).toEqual([]);
    const other = registered({ check: { notes: `${notes}, timeout 1s`, status: 'critical' } });
    expect(actions({ containers, held: [other] })).toEqual(['register node1:web-1:80']);
    expect(actions({ containers, held: [registered()] })).toEqual(['register node1:web-1:80']);
  });

  test('that is no longer wanted is dropped', () => {
    expect(actions({ held: [registered({ check: { notes, status: 'passing' } })] })).toEqual([
      'dropCheck node1:web-1:80',
    ]);
  });

  test.each([
    ['passing', 'healthy', false, []],
    ['passing', 'healthy', true, ['report node1:web-1:80']],
    ['critical', 'healthy', false, ['report node1:web-1:80']],
    ['passing', 'unhealthy', false, ['report node1:web-1:80']],
  ] as const)('that says %s while Docker says %s, due %s', (status, health, due, expected) => {
    const containers = [container({ health: { status: health, output: '' } })];
    const check = { notes: 'kept fresh by upsync register, TTL 30s', status };
    expect(actions({ containers, held: [registered({ check })], due })).toEqual(expected);
  });

  test("of a container made anew has the new one's state, which the agent would not take from its registration", () => {
    const containers = [container({ id: 'new', health: { status: 'starting', output: '' } })];
    const check = { notes: 'kept fresh by upsync register, TTL 30s', status: 'passing' };
    expect(actions({ containers, held: [registered({ check })] })).toEqual([
      'register node1:web-1:80',
      'report node1:web-1:80',
    ]);
  });
});

describe('with --deregister on-success, what a container left', () => {
  const options = { deregister: 'on-success' } as const;
  const ended = (exitCode: number) => [container({ state: 'exited', exitCode, ports: [port(80)] })];

  test.each([
    [0, ['deregister node1:web-1:80']],
    [1, ['maintain node1:web-1:80']],
    [127, ['maintain node1:web-1:80']],
    // By a signal.
    [137, ['deregister node1:web-1:80']],
    [143, ['deregister node1:web-1:80']],
  ])('that exited with code %i goes, or stays in maintenance', (exitCode, expected) => {
    expect(actions({ containers: ended(exitCode), held: [registered()], options })).toEqual(expected);
  });

  test('goes when the container is removed', () => {
    expect(actions({ containers: [], held: [registered()], options })).toEqual(['deregister node1:web-1:80']);
  });

  test('is back from maintenance when it is started again', () => {
    const [failed] = compare({ containers: ended(3), held: [registered()], options }).actions;
    const reason = failed?.kind === 'maintain' ? failed.reason : undefined;
    expect(reason).toBe('upsync-registrar: exited with code 3');
    expect(actions({ held: [registered({ maintenance: reason })], options })).toEqual([
      'endMaintenance node1:web-1:80',
    ]);
  });
});
