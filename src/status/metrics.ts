import process from 'node:process';
import { Counter, Gauge, Registry } from 'prom-client';
import { FoldedHistogram } from './folded-histogram.ts';
import type { Status } from './schema.ts';
import { ofUnits } from './unit-metrics.ts';

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

type Labels = Readonly<Record<string, string>>;
type Samples = readonly (readonly [labels: Labels, value: number])[];

/**
 * A status as Prometheus reads it (https://prometheus.io/docs/practices/naming/). The registry is made anew
 * for each scrape: the numbers are folded already, and what is followed no more leaves no series behind.
 */
export async function metricsOf(status: Status): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, samples: Samples) => {
    const metric = new Gauge({ name, help, labelNames: labelsOf(samples), registers });
    for (const [labels, value] of samples) metric.set(labels, value);
  };
  const counter = (name: string, help: string, samples: Samples) => {
    const metric = new Counter({ name, help, labelNames: labelsOf(samples), registers });
    for (const [labels, value] of samples) metric.inc(labels, value);
  };
  const histogram = (name: string, help: string, samples: ConstructorParameters<typeof FoldedHistogram>[1]) =>
    new FoldedHistogram({ name, help, registers }, samples);

  ofProcess(status, gauge, counter);
  ofConsul(status, gauge, counter);
  ofUpstreams(status, gauge);
  ofNginx(status, gauge);
  ofChanges(status, gauge, counter);
  ofUnits(status, gauge, counter);
  histogram('upsync_change_to_live_seconds', "From Consul's answer to the proof that nginx runs it.", [
    [{}, status.changeToLive],
  ]);
  histogram('upsync_fleet_wait_seconds', 'How long reloads waited for their turn in the fleet.', [
    [{}, status.turns],
  ]);
  histogram(
    'upsync_step_duration_seconds',
    'What the steps of a published change took; prove begins with the reload, where there is one.',
    Object.entries(status.steps).map(([step, times]) => [{ step }, times]),
  );
  return registry.metrics();
}

export type Add = (name: string, help: string, samples: Samples) => void;

function ofProcess({ version, startedAt, alive, ready, counts }: Status, gauge: Add, counter: Add): void {
  const { user, system } = process.cpuUsage();
  gauge('upsync_build_info', 'Always 1; the version is its label.', [[{ version }, 1]]);
  gauge('upsync_start_time_seconds', 'When upsync started, since the epoch.', one(startedAt / 1000));
  gauge('upsync_resident_memory_bytes', 'Memory that upsync has.', one(process.memoryUsage.rss()));
  counter('upsync_cpu_seconds_total', 'Time on the processor.', one((user + system) / 1e6));
  gauge('upsync_alive', 'Whether /healthz says ok.', one(bit(alive)));
  gauge('upsync_ready', 'Whether /readyz says ok.', one(bit(ready)));
  counter(
    'upsync_problems_total',
    'Faults that ended nothing, such as a broken template edit.',
    one(counts.problems),
  );
}

function ofConsul({ time, queries, upstreams }: Status, gauge: Add, counter: Add): void {
  const all = Object.entries(queries);
  gauge(
    'upsync_query_failing_seconds',
    'For how long Consul has not answered a query well; 0 while it does.',
    all.map(([query, { failing }]) => [{ query }, failing === null ? 0 : (time - failing.since) / 1000]),
  );
  counter(
    'upsync_query_errors_total',
    'Failures of a query.',
    all.map(([query, { errors }]) => [{ query }, errors]),
  );
  gauge(
    'upsync_query_last_answer_timestamp_seconds',
    'When the last good answer came. One comes at the latest when consul.block ends.',
    all.flatMap(([query, { answer }]) => (answer === null ? [] : [[{ query }, answer.at / 1000] as const])),
  );
  const services = new Map(
    Object.values(upstreams).map(({ service, datacenter, query }) => [query, { service, datacenter }]),
  );
  gauge(
    'upsync_service_instances',
    'Registered instances by their worst check.',
    [...services].flatMap(([query, service]) =>
      // A service's answer carries checks: nobody's state is unknown.
      Object.entries(queries[query]?.answer?.health ?? {}).flatMap(([health, count]) =>
        health === 'unknown' ? [] : [[{ ...service, health }, count] as const],
      ),
    ),
  );
}

const origins = ['live', 'kept', 'held', 'down', 'none'] as const;

function ofUpstreams({ upstreams }: Status, gauge: Add): void {
  const all = Object.entries(upstreams);
  gauge(
    'upsync_upstream_servers',
    'Servers that nginx has; those that are down drain.',
    all.flatMap(([upstream, { up, servers }]) => [
      [{ upstream, state: 'up' }, up] as const,
      [{ upstream, state: 'down' }, servers.length - up] as const,
    ]),
  );
  gauge(
    'upsync_upstream_origin',
    'Where its servers come from: 1 for the one that is true.',
    all.flatMap(([upstream, { origin }]) =>
      origins.map((each) => [{ upstream, origin: each }, bit(each === origin)] as const),
    ),
  );
  gauge(
    'upsync_upstream_left_out_instances',
    'Instances that were not taken: what they registered does not fit.',
    all.map(([upstream, { leftOutCount }]) => [{ upstream }, leftOutCount]),
  );
}

function ofNginx({ nginx, release }: Status, gauge: Add): void {
  gauge('upsync_nginx_running', 'Whether nginx was seen to run.', one(bit(nginx.state === 'running')));
  gauge(
    'upsync_nginx_release_current',
    'Whether nginx answers with the release that it should run.',
    one(bit(release !== null && nginx.release === release.digest)),
  );
  gauge(
    'upsync_nginx_draining_generations',
    'Generations of old workers that finish what they have.',
    one(nginx.draining),
  );
}

const blocks = ['rejected', 'rolledBack', 'failed'] as const;

function ofChanges({ time, counts, blocked, releases }: Status, gauge: Add, counter: Add): void {
  const { passes, reloads, pushes, turns, rejected } = counts;
  const last = Object.values(releases).findLast(({ result }) => result !== 'rolledBack');
  counter(
    'upsync_passes_total',
    'Passes of the loop by their outcome.',
    labelled('outcome', { published: 0, unchanged: 0, ...passes }),
  );
  counter(
    'upsync_reloads_total',
    'Times that nginx was told to run a release, by what came of it; stopped: it does not run.',
    labelled('result', { proven: 0, unproven: 0, stopped: 0, ...reloads }),
  );
  counter(
    'upsync_pushes_total',
    "Releases that nginx's workers were to take with no reload, by what came of it.",
    labelled('result', { proven: 0, unproven: 0, ...pushes }),
  );
  counter(
    'upsync_fleet_turns_total',
    'Reloads that took turns with those of other gateways, by whether they had a place; unplaced: they went on without.',
    labelled('result', turns),
  );
  counter('upsync_releases_rejected_total', 'Candidates refused, by stage.', labelled('stage', rejected));
  counter('upsync_rollbacks_total', 'Releases that nginx did not come to run.', one(passes.rolledBack ?? 0));
  gauge(
    'upsync_change_blocked_seconds',
    'For how long the newest change has been kept from nginx; 0 where none is.',
    blocks.map((by) => [{ by }, blocked?.by === by ? (time - blocked.since) / 1000 : 0]),
  );
  gauge(
    'upsync_last_release_timestamp_seconds',
    'When a release was last published; missing before the first.',
    last === undefined ? [] : one(last.at / 1000),
  );
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Samples {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
}

function one(value: number): Samples {
  return [[{}, value]];
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}

function labelsOf(samples: Samples): string[] {
  return Object.keys(samples[0]?.[0] ?? {});
}
