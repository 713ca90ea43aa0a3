import { expect, test } from 'vitest';
import { reportOf } from '../../../src/registrar/check.ts';
import type { RegistrarEvent } from '../../../src/registrar/event.ts';
import { createRegistrarLog } from '../../../src/report/registrar-log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { container, registered } from '../registrar/given.ts';

function log() {
  const clock = manualClock(1_000_000);
  const lines: string[] = [];
  const report = createRegistrarLog(({ level, text }) => lines.push(`${level} ${text}`), clock);
  return { clock, lines, report };
}

const { maintenance: _, ...rest } = registered();
const service = { ...rest, check: undefined };
const lost: RegistrarEvent = {
  type: 'lost',
  side: 'consul',
  problem: {
    where: 'http://127.0.0.1:8500/v1/agent/services',
    what: 'connection refused',
    remedy: 'is it running?',
  },
  failures: 1,
  since: 1_000_000,
  retryIn: 250,
};

test('each write is a line, told from the last word of a check that says nothing new', () => {
  const { lines, report } = log();
  const check = { kind: 'tcp', at: '10.0.0.5:32768', interval: '10s' } as const;
  const said = reportOf(container());
  report({ type: 'wrote', action: { kind: 'register', service: { ...service, check }, before: undefined } });
  report({
    type: 'wrote',
    action: { kind: 'register', service, before: registered({ address: 'fd00::1', port: 80 }) },
  });
  report({
    type: 'wrote',
    action: { kind: 'maintain', service: registered(), reason: 'upsync-registrar: paused' },
  });
  report({ type: 'wrote', action: { kind: 'endMaintenance', service: registered() } });
  report({
    type: 'wrote',
    action: { kind: 'report', service: registered(), report: said, before: 'critical' },
  });
  report({
    type: 'wrote',
    action: { kind: 'report', service: registered(), report: said, before: 'passing' },
  });
  report({ type: 'wrote', action: { kind: 'dropCheck', service: registered() } });
  report({ type: 'wrote', action: { kind: 'deregister', service: registered() } });
  expect(lines).toEqual([
    'info web  + 10.0.0.5:32768 (node1:web-1:80), check: TCP 10.0.0.5:32768, every 10s',
    'info web  ~ 10.0.0.5:32768 (node1:web-1:80) registered anew, was [fd00::1]:80',
    'info web  ~ 10.0.0.5:32768 (node1:web-1:80) in maintenance: paused',
    'info web  ~ 10.0.0.5:32768 (node1:web-1:80) is back from maintenance',
    'info web  ~ 10.0.0.5:32768 (node1:web-1:80) passing: running',
    'debug web  ~ 10.0.0.5:32768 (node1:web-1:80) passing: running',
    'info web  ~ 10.0.0.5:32768 (node1:web-1:80) has no check any more',
    'info web  − 10.0.0.5:32768 (node1:web-1:80)',
  ]);
});

test('what is left out is said once, and again after it was right for a time', () => {
  const { lines, report } = log();
  const notices = [{ what: 'web-1:80', reason: 'it has no address' }];
  for (const now of [notices, notices, [], notices]) report({ type: 'inStep', services: 1, notices: now });
  expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
    'warn web-1:80  it has no address',
    'warn web-1:80  it has no address',
  ]);
});

test('how many services are in step is news when it changes', () => {
  const { lines, report } = log();
  for (const services of [1, 1, 2]) report({ type: 'inStep', services, notices: [] });
  expect(lines).toEqual([
    'info 1 service is in step',
    'debug 1 service is in step',
    'info 2 services are in step',
  ]);
});

test('what lasts is said once, and again each minute, until it ends', async () => {
  const { clock, lines, report } = log();
  report(lost);
  await clock.advance(59_000);
  report({ ...lost, failures: 20 });
  await clock.advance(1_000);
  report({ ...lost, failures: 21 });
  report({ type: 'found', side: 'consul', after: 60_500 });
  report(lost);
  const text =
    'http://127.0.0.1:8500/v1/agent/services: connection refused; is it running? Services stay as they are meanwhile';
  expect(lines).toEqual([
    `warn ${text}.`,
    `warn ${text}, for 60 s now.`,
    'info Consul answers again after 61 s',
    `warn ${text}.`,
  ]);
});
