import { describe, expect, test } from 'vitest';
import { stoppingReason } from '../../../src/registrar/marks.ts';
import { maintenanceOf, Signals } from '../../../src/registrar/stopping.ts';
import { container, registered } from './given.ts';

const { id } = container();

function sent(...signalled: readonly (readonly [signal: number, at: number])[]): Signals {
  const signals = new Signals();
  for (const [signal, at] of signalled) signals.add(id, signal, at);
  return signals;
}

describe('a container that was sent a signal', () => {
  test.each([
    ['SIGTERM', 15, {}, true],
    ['its own stop signal', 3, { stopSignal: 3 }, true],
    ['SIGTERM, though its stop signal is another', 15, { stopSignal: 3 }, true],
    ['SIGHUP', 1, {}, false],
    ["another one's stop signal", 3, {}, false],
  ])('%s is on its way out or not', (_, signal, more, leaves) => {
    const reason = maintenanceOf(container(more), sent([signal, 2_000]), []);
    expect(reason).toBe(leaves ? 'upsync-registrar: told to stop at 1970-01-01T00:00:02.000Z' : undefined);
  });

  test('stays so whatever signal it is sent next', () => {
    expect(maintenanceOf(container(), sent([15, 2_000], [1, 3_000]), [])).toBe(stoppingReason(2_000));
  });

  test('is back once it was started again', () => {
    expect(maintenanceOf(container({ startedAt: 2_000.5 }), sent([15, 1_999]), [])).toBeUndefined();
  });
});

describe('after a restart of the registrar', () => {
  const held = [registered({ maintenance: stoppingReason(2_000.7) })];

  test('a container that was told to stop is known from the agent', () => {
    expect(maintenanceOf(container(), new Signals(), held)).toBe(stoppingReason(2_000));
    expect(maintenanceOf(container({ startedAt: 2_000.5 }), new Signals(), held)).toBe(stoppingReason(2_000));
  });

  test.each([
    ['was started since', container({ startedAt: 3_000 })],
    ['is another one of that name', container({ id: 'another' })],
  ])('and not one that %s', (_, one) => {
    expect(maintenanceOf(one, new Signals(), held)).toBeUndefined();
  });
});

test('a paused container is in maintenance', () => {
  expect(maintenanceOf(container({ state: 'paused' }), new Signals(), [])).toBe('upsync-registrar: paused');
});

test('signals of containers that are gone are forgotten', () => {
  const signals = sent([15, 2_000]);
  signals.keepOnly([container({ id: 'another' })]);
  expect(signals.toldToStop(container())).toBeUndefined();
});
