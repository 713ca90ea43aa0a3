import { expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Notice, UpstreamChange } from '../../../src/pipeline/outcome.ts';
import { changeLines } from '../../../src/report/change-lines.ts';
import type { Line } from '../../../src/report/line.ts';
import { createLog } from '../../../src/report/log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { release } from '../pipeline/fakes.ts';
import { server } from '../pipeline/given.ts';

function change(given: Partial<UpstreamChange>): string {
  const quiet = { upstream: 'web9', gone: false, joined: [], left: [], changed: [], up: 1 };
  return changeLines([{ ...quiet, ...given }])[0]?.text ?? '';
}

test('a change tells what was discovered, and its route', () => {
  const route = { before: '', after: 'example.org/api' };
  expect(change({ found: true, joined: [server(1)], route })).toBe(
    'web9  discovered, + 10.0.0.1:80 (n1), route example.org/api, now 1 up',
  );
  expect(change({ found: true, up: 0 })).toBe('web9  discovered, now 0 up');
  expect(change({ route: { before: '*/a', after: '*/b' } })).toBe('web9  route */a → */b, now 1 up');
  expect(change({ gone: true, left: [server(1)], up: 0, route: { before: '*/a', after: '' } })).toBe(
    'web9  − 10.0.0.1:80 (n1), no route */a any more, the upstream is gone',
  );
});

/** What the log says of passes with these notices, one after the other. */
function said(...passes: readonly (readonly Notice[])[]): string[] {
  const lines: Line[] = [];
  const log = createLog((line) => lines.push(line), manualClock());
  for (const notices of passes) {
    const event: Event = {
      type: 'reconciled',
      outcome: { kind: 'unchanged', release: release('a') },
      notices,
    };
    log(event);
  }
  return lines.filter(({ level }) => level !== 'debug').map(({ level, text }) => `${level} ${text}`);
}

test('a service that leaves is not said to have healthy instances again', () => {
  const kept: Notice = {
    kind: 'kept',
    upstream: 'web9',
    empty: { why: 'none registered', registered: 0 },
    servers: 1,
    until: 60_000,
  };
  expect(said([kept], [{ kind: 'left', upstream: 'web9' }], [])).toEqual([
    expect.stringMatching(/^warn web9 {2}0 registered, keeping 1/),
    'info web9  is gone from Consul, its upstream leaves',
  ]);
});

test.each([
  [
    { kind: 'undiscovered', upstream: 'web9', reason: 'because' },
    'web9  does not become an upstream: because',
    'web9  nothing keeps it from being discovered any more, or it is gone',
  ],
  [
    { kind: 'crowded', services: 3, reason: 'because' },
    '3 more services do not become upstreams: because',
    'no more services are left undiscovered for that: because',
  ],
  [
    { kind: 'needed', upstream: 'web9', reason: 'because' },
    'web9  is gone from Consul and answers 503: nginx does not go without its upstream: because',
    'web9  nginx goes without its upstream now, or its service is back',
  ],
  [
    { kind: 'conflict', upstream: 'web9', route: 'a.org/', reason: 'because' },
    'web9  does not get the route a.org/: because',
    'web9  the conflict over a.org/ is over',
  ],
] as const)('%j is said once, and when it is over', (notice, line, end) => {
  expect(said([notice], [notice], [])).toEqual([`warn ${line}`, `info ${end}`]);
});
