import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricsOf } from '../../../src/status/metrics.ts';
import { parseExposition } from '../../support/exposition.ts';
import { promtool, runPromtool } from '../../support/promtool.ts';
import { upstreamPlan } from '../pipeline/given.ts';
import {
  configured,
  failed,
  published,
  reconciled,
  releaseOf,
  stateAfter,
  statusAt,
  type Timed,
  well,
} from './told.ts';

const read = async (...events: readonly Timed[]) =>
  parseExposition(await metricsOf(statusAt(3_000, stateAfter(...events))));
const valuesOf = (metrics: Awaited<ReturnType<typeof read>>, name: string) =>
  Object.fromEntries(
    metrics
      .flatMap(({ samples }) => samples)
      .filter((sample) => sample.name === name)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
const documented = readFileSync('monitoring/README.md', 'utf8');

test('say what the status says, in base units', async () => {
  const metrics = await read(...well, [2_000, failed('api', 1_500)]);
  expect(valuesOf(metrics, 'upsync_ready')).toEqual({ '': 1 });
  expect(valuesOf(metrics, 'upsync_build_info')).toEqual({ '1.2.3': 1 });
  expect(valuesOf(metrics, 'upsync_start_time_seconds')).toEqual({ '': 1_000 });
  expect(valuesOf(metrics, 'upsync_query_failing_seconds')).toEqual({
    'service:api': 1.5,
    'service:web1': 0,
  });
  expect(valuesOf(metrics, 'upsync_service_instances')).toMatchObject({
    'web1  passing': 2,
    'web1  critical': 0,
  });
  expect(valuesOf(metrics, 'upsync_upstream_servers')).toMatchObject({ 'web1 up': 2, 'web1 down': 0 });
  expect(valuesOf(metrics, 'upsync_upstream_origin')).toMatchObject({ 'web1 live': 1, 'web1 kept': 0 });
  expect(valuesOf(metrics, 'upsync_nginx_release_current')).toEqual({ '': 1 });
  expect(valuesOf(metrics, 'upsync_last_release_timestamp_seconds')).toEqual({ '': 1_000.15 });
});

test('count by outcome, and have each that an alert needs from the start', async () => {
  const failing = reconciled({ kind: 'failed', step: 'prove', problem: { what: 'x' } });
  const metrics = await read(...well, [2_000, failing], [2_500, failing]);
  expect(valuesOf(metrics, 'upsync_passes_total')).toMatchObject({ published: 1, failed: 2 });
  expect(valuesOf(metrics, 'upsync_reloads_total')).toEqual({ proven: 1, unproven: 0, stopped: 0 });
  expect(valuesOf(metrics, 'upsync_pushes_total')).toEqual({ proven: 0, unproven: 0 });
  expect(valuesOf(metrics, 'upsync_releases_rejected_total')).toEqual({ render: 0, test: 0 });
  expect(valuesOf(metrics, 'upsync_change_blocked_seconds')).toEqual({
    rejected: 0,
    rolledBack: 0,
    failed: 1,
  });
});

test('what workers take by themselves counts as a push and not as a reload', async () => {
  const metrics = await read(...well, [
    2_000,
    { type: 'applied', digest: 'b', proof: 'proven', pushed: true },
  ]);
  expect(valuesOf(metrics, 'upsync_reloads_total')).toMatchObject({ proven: 1 });
  expect(valuesOf(metrics, 'upsync_pushes_total')).toEqual({ proven: 1, unproven: 0 });
});

test('turns that reloads take in a fleet are counted and timed', async () => {
  const metrics = await read(
    ...well,
    [2_000, { type: 'placed', fleet: 'edge', place: 1, of: 1, after: 400 }],
    [2_100, { type: 'placed', fleet: 'edge', place: 1, of: 1, after: 0 }],
    [2_200, { type: 'unplaced', problem: { what: 'all are taken' }, after: 30_000 }],
  );
  expect(valuesOf(metrics, 'upsync_fleet_turns_total')).toEqual({ placed: 2, unplaced: 1 });
  expect(valuesOf(metrics, 'upsync_fleet_wait_seconds_count')).toEqual({ '': 3 });
  expect(valuesOf(metrics, 'upsync_fleet_wait_seconds_sum')).toEqual({ '': 30.4 });
  expect(valuesOf(metrics, 'upsync_problems_total')).toEqual({ '': 1 });
});

test('histograms are cumulative and end with all', async () => {
  const change = (ms: number): Timed => [
    2_000,
    reconciled(published(releaseOf('a', 1), { steps: { test: 3, prove: ms } }), { changeToLive: ms }),
  ];
  const metrics = await read(change(4), change(98), change(99), change(60_000));
  expect(valuesOf(metrics, 'upsync_change_to_live_seconds_bucket')).toMatchObject({
    '0.005': 1,
    '0.075': 1,
    '0.1': 3,
    '30': 3,
    '+Inf': 4,
  });
  expect(valuesOf(metrics, 'upsync_change_to_live_seconds_count')).toEqual({ '': 4 });
  expect(valuesOf(metrics, 'upsync_change_to_live_seconds_sum')).toEqual({ '': 60.201 });
  expect(valuesOf(metrics, 'upsync_step_duration_seconds_count')).toEqual({ test: 4, prove: 4 });
});

test('can be read before anything happened', async () => {
  const metrics = await read();
  expect(valuesOf(metrics, 'upsync_alive')).toEqual({ '': 1 });
  expect(valuesOf(metrics, 'upsync_ready')).toEqual({ '': 0 });
});

test('cannot be broken by a name', async () => {
  const name = 'a"}\n# HELP evil\\';
  const plan = upstreamPlan({ name, service: name });
  const metrics = await read([0, { ...configured, upstreams: [plan] }]);
  expect(valuesOf(metrics, 'upsync_upstream_servers')).toEqual({ [`${name} up`]: 0, [`${name} down`]: 0 });
});

describe('names', () => {
  test('are upsync_…, with their unit, and counters end with _total', async () => {
    const metrics = await read(...well);
    expect(metrics.length).toBeGreaterThan(20);
    const units =
      /_(seconds|bytes|info|servers|instances|generations|origin|ready|alive|running|current|total)$/;
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^upsync_/);
      expect(name).toMatch(units);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).toMatch(/\.$/);
    }
  });

  test('are documented, all of them and no others', async () => {
    const names = (await read(...well)).map(({ name }) => name).toSorted();
    const told = [...documented.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(upsync_\w+)`/g)].map(([, name]) => name),
    );
    expect(told.toSorted()).toEqual(names);
  });

  test.each(['monitoring/alerts.yml', 'monitoring/grafana-dashboard.json'])(
    'that %s uses are there',
    async (file) => {
      const metrics = await read(...well);
      const known = new Set(
        metrics.flatMap(({ name, samples }) => [name, ...samples.map((one) => one.name)]),
      );
      const used = [...readFileSync(file, 'utf8').matchAll(/\bupsync_\w+/g)].map(([name]) => name);
      expect(used.length).toBeGreaterThan(10);
      expect(used.filter((name) => !known.has(name))).toEqual([]);
    },
  );
});

test('each alert rule is played through by a test', () => {
  const rules = readFileSync('monitoring/alerts.yml', 'utf8');
  const tests = readFileSync('monitoring/alerts.test.yml', 'utf8');
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
  expect(alerts.length).toBeGreaterThan(10);
  expect(alerts.filter((name) => !tests.includes(name))).toEqual([]);
});

describe.skipIf(promtool === undefined)('promtool', () => {
  test('finds nothing to say of the metrics', async () => {
    const text = await metricsOf(statusAt(3_000, stateAfter(...well)));
    expect(runPromtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' });
  });

  test('takes the alert rules, and each fires when it should', () => {
    expect(runPromtool(['check', 'rules', 'monitoring/alerts.yml'])).toMatchObject({ code: 0 });
    expect(runPromtool(['test', 'rules', 'monitoring/alerts.test.yml'])).toMatchObject({ code: 0 });
  });

  test('takes each expression of the dashboard', () => {
    const dashboard = readFileSync('monitoring/grafana-dashboard.json', 'utf8');
    const found: string[] = [];
    JSON.parse(dashboard, (key, value) => {
      if (key === 'expr') found.push(String(value));
      return value;
    });
    expect(found.length).toBeGreaterThan(15);
    const rules = found.map((expr, index) => {
      // What Grafana puts in.
      const plain = expr.replaceAll(/\$__(rate_)?interval/g, '5m').replaceAll('$instance', '.*');
      return `  - {record: 'rule:${index}', expr: ${JSON.stringify(plain)}}`;
    });
    const folder = mkdtempSync(join(tmpdir(), 'upsync-rules-'));
    try {
      const file = join(folder, 'dashboard.yml');
      writeFileSync(file, `groups:\n- name: dashboard\n  rules:\n${rules.join('\n')}\n`);
      expect(runPromtool(['check', 'rules', file])).toMatchObject({ code: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
