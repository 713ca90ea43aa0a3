import type { Measurement, Results } from './results.ts';
import { cell, type Table } from './table.ts';

/** A row of the README's table: which figures of the results stand in it. */
interface Pick {
  readonly label: string;
  readonly scenario: string;
  readonly upsync?: Which;
  /** `upsync --via push`. */
  readonly push?: Which;
  readonly consulTemplate?: Which;
}

interface Which {
  readonly what: string;
  /** Its end, where it begins with a version. */
  readonly of?: string;
  readonly tool?: string;
}

/** By all of them. */
const each = (label: string, scenario: string, which: Which): Pick => ({
  ...{ label, scenario },
  upsync: which,
  push: which,
  consulTemplate: which,
});

const wide = '2,000 × 5, HTTP';
const overTls = '2,000 × 5, TLS';
const unlimited = `${wide}, no limit`;
const answer = 'lone change → first answer';
const start = 'start → first answer through nginx';

/** 2,000 services: upsync beside a consul-template for which Consul's limit was raised. */
const large = (label: string, what: string, state = ''): Pick => ({
  ...{ label: `2,000 × 5: ${label}`, scenario: 'scale' },
  upsync: { of: wide + state, what },
  consulTemplate: { of: unlimited + state, what },
});

const tls = (label: string, what: string, state = ''): Pick => ({
  ...{ label: `over TLS: ${label}`, scenario: 'scale' },
  upsync: { of: overTls + state, what },
});

const fleet = (what: string): Pick => ({
  ...{ label: `each of 20 gateways × 10 services, a change a second: ${what}`, scenario: 'fleet' },
  upsync: { of: '20 gateways, a change a second', what },
});

const picks: readonly Pick[] = [
  each('a lone change → first answer of the new instance', 'lone', { what: 'change → first answer' }),
  each('of which before nginx is told to reload', 'lone', { what: 'before nginx: change → HUP' }),
  each('50 joins 20 ms apart: reloads', 'burst', { what: 'reloads' }),
  {
    ...{ label: 'the same, with its `-wait 100ms:1s`', scenario: 'burst' },
    consulTemplate: { tool: 'consul-template -wait 100ms:1s', what: 'reloads' },
  },
  each('50 joins: the last one → all answer', 'burst', { what: 'last registration → all answer' }),
  {
    ...{ label: 'the same, with its `-wait 100ms:1s`', scenario: 'burst' },
    consulTemplate: { tool: 'consul-template -wait 100ms:1s', what: 'last registration → all answer' },
  },
  each('10 s of churn: requests lost, if sent once', 'churn', { what: 'requests lost, if sent once' }),
  each('10 s of churn: reloads', 'churn', { what: 'reloads' }),
  each('10 s of churn: CPU of the sidecar', 'churn', { what: 'CPU of the sidecar and its children' }),
  {
    ...{ label: 'the same, with `nginx -s reload` as its command', scenario: 'churn' },
    consulTemplate: {
      tool: 'consul-template with nginx -s reload',
      what: 'CPU of the sidecar and its children',
    },
  },
  {
    ...{ label: '20 changes a second: requests lost, if sent once', scenario: 'churn' },
    push: { of: '20 a second', what: 'requests lost, if sent once' },
  },
  {
    ...{ label: '20 changes a second: CPU of the sidecar', scenario: 'churn' },
    push: { of: '20 a second', what: 'CPU of the sidecar and its children' },
  },
  each('start → first answer, 1 service', 'start', {
    what: 'start of the process → first answer through nginx',
  }),
  each('memory, 1 service, idle', 'memory', { of: '1 service, idle for a minute', what: 'resident memory' }),
  {
    ...{ label: "2,000 × 5: followed within Consul's default limit", scenario: 'scale' },
    upsync: { of: wide, what: 'services followed' },
    consulTemplate: { of: wide, what: 'services followed' },
  },
  large('connections', 'connections'),
  large('start → first answer', start),
  large('a lone change → first answer', answer),
  large('CPU, idle', 'CPU, of one core', ', idle'),
  large("Consul's CPU, idle", "Consul's CPU, of one core", ', idle'),
  large('on the wire, idle, a minute', 'on the wire, a minute', ', idle'),
  large('on the wire, a change a second, a minute', 'on the wire, a minute', ', a change a second'),
  large('memory', 'resident memory, after changes'),
  tls('connections', 'connections'),
  tls('start → first answer', start),
  tls('a lone change → first answer', answer),
  tls('CPU, idle', 'CPU, of one core', ', idle'),
  tls('on the wire, idle, a minute', 'on the wire, a minute', ', idle'),
  fleet('requests a minute'),
  fleet('on the wire, a minute'),
  fleet("Consul's CPU, of one core"),
];

/** The rows for which there are figures, or a word why there are none. */
export function headline(results: Results): Table {
  const rows = picks.map(({ label, scenario, upsync, push, consulTemplate }) => {
    const measurements = results[scenario]?.measurements ?? [];
    const cells = [
      find(measurements, 'upsync', upsync),
      find(measurements, 'upsync --via push', push),
      find(measurements, 'consul-template', consulTemplate),
    ];
    return { what: label, cells: cells.map(cell) };
  });
  return {
    head: ['', 'upsync', '`--via push`', 'consul-template'],
    rows: rows.filter(({ cells }) => cells.some((each) => each !== '')),
  };
}

function find(measurements: readonly Measurement[], tool: string, which: Which | undefined) {
  if (which === undefined) return undefined;
  return measurements.find(
    (one) =>
      one.tool === (which.tool ?? tool) &&
      one.what === which.what &&
      (which.of === undefined || (one.of ?? '').endsWith(which.of)),
  );
}
