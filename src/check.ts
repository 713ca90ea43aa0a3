import { follow, wayFor } from './assemble.ts';
import { askConsul } from './check/ask-consul.ts';
import { checkTests } from './check/candidate.ts';
import { checkConsul } from './check/consul.ts';
import { attempt, type Finding, resultOf, saidOnce, warn } from './check/finding.ts';
import { checkFleet } from './check/fleet.ts';
import { checkFolder } from './check/folder.ts';
import { type Heard, listen } from './check/listen.ts';
import { lookAtNginx } from './check/look-at-nginx.ts';
import { checkConf } from './check/nginx-conf.ts';
import { upstreamsIn } from './check/nginx-hosts.ts';
import { checkProcess } from './check/nginx-process.ts';
import { presentJson, presentText } from './check/present.ts';
import { checkProof } from './check/proof.ts';
import { checkServices } from './check/services.ts';
import { tryOut } from './check/try-out.ts';
import { checkUpsync } from './check/upsync.ts';
import { checkWay } from './check/way.ts';
import { checkWorkers } from './check/workers.ts';
import { askStatus } from './cli/ask-status.ts';
import type { CheckOptions, Io } from './cli/io.ts';
import type { Config } from './config/config.ts';
import { systemClock } from './pipeline/clock.ts';
import { queriesOf } from './pipeline/discover.ts';
import { observe } from './pipeline/observe.ts';
import type { Feed } from './pipeline/ports.ts';
import { ProblemError } from './pipeline/problem.ts';
import { type QueryKey, queryKey } from './pipeline/query.ts';
import { inspectFolder } from './release/folder-facts.ts';
import { type PrivatePlace, privatePlace } from './release/private-place.ts';
import { firstBarred } from './release/readable.ts';
import { isColoured } from './report/colour.ts';

/** How long Consul is waited for, in ms: one that takes longer is not well. */
const patience = 5_000;
/** Silence past this is told of, in ms. */
const silence = 1_000;

/**
 * The doctor: looks at everything that upsync depends on, changes none of it, and says what is amiss and
 * what to do. Resolves with 1 where something would keep upsync from working.
 */
export async function runCheck(config: Config, { json }: CheckOptions, io: Io): Promise<number> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  await using place = await privatePlace('upsync-check-');
  const progress = setTimeout(() => sayWaiting(config, io), silence);
  try {
    const findings = saidOnce(await examine(config, place, signal));
    signal.throwIfAborted();
    const columns = io.stdout.isTTY === true ? io.stdout.columns : undefined;
    const look = { coloured: isColoured(io.stdout, io.env), columns };
    io.stdout.write(json ? presentJson(findings) : presentText(findings, look));
    return findings.some(({ level }) => level === 'fail') ? 1 : 0;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    throw new ProblemError({ what: 'stopped before it was done' }, { cause: error });
  } finally {
    clearTimeout(progress);
    ended.abort();
  }
}

function sayWaiting({ consul }: Config, { stderr }: Io): void {
  if (stderr.isTTY === true)
    stderr.write(`still waiting for Consul at ${consul.address}, at most ${patience / 1000} s …\n`);
}

async function examine(config: Config, place: PrivatePlace, signal: AbortSignal): Promise<Finding[]> {
  const { plan, output } = config;
  const [consul, heard] = await Promise.all([askConsul(config, patience, signal), hear(config, signal)]);
  const { chosen, files, running, live, notices, problems, ...tests } = await tryOut(
    config,
    place,
    heard.feed,
    signal,
  );
  const nginx = await lookAtNginx(config, signal);
  const { via } = config.nginx;
  const auto = { ...config, nginx: { ...config.nginx, via: 'auto' as const } };
  const best = await attempt(() => wayFor(auto, signal), signal);
  const folder = await inspectFolder(output);
  const pushes = resultOf(chosen)?.kind === 'push';
  const user = pushes ? nginx.workersUser : undefined;
  const barred = user && (await firstBarred(output, user));
  const status = await attempt(async () => (await askStatus(output, signal)).status, signal);
  const ours = [...plan.upstreams.map(({ name }) => name), ...upstreamsIn(files)];
  return [
    ...checkConsul(config.consul, consul, keysOf(plan).length),
    ...checkFleet(plan.fleet, consul),
    ...checkServices({
      ...heard,
      snapshot: heard.feed.snapshot(),
      catalogs: consul.catalogs,
      notices,
      now: systemClock.now(),
    }),
    ...checkProcess({ ...nginx, running, maxDraining: plan.maxDraining }),
    ...checkWay({ via, best, chosen }),
    ...checkProof({ ...nginx, running, live }),
    ...checkConf({
      ...nginx,
      output,
      version: nginx.runs ?? resultOf(nginx.build)?.version,
      ours,
      streams: plan.upstreams.some(({ protocol }) => protocol !== 'http'),
      keepsAlive: heard.observations.some(({ plan: { keepalive } }) => keepalive > 0),
    }),
    ...checkTests({
      ...tests,
      files: files.length,
      hasRelease: live !== undefined,
      complete: heard.observations.every(({ answered }) => answered),
    }),
    ...problems.map((problem) => warn('proof', problem)),
    ...checkFolder(output, folder, live),
    ...checkWorkers({ user, barred, output, running, live }),
    ...checkUpsync({ status, hasRelease: folder.current.kind !== 'missing' }),
  ];
}

async function hear(config: Config, signal: AbortSignal): Promise<Heard> {
  const { plan } = config;
  const heard = await attempt(
    () =>
      listen(
        (report, onChange) => follow(config, report, onChange, signal),
        plan,
        systemClock,
        patience,
        signal,
      ),
    signal,
  );
  if ('value' in heard) return heard.value;
  const feed: Feed = { want: () => undefined, snapshot: () => new Map() };
  return {
    feed,
    observations: observe(plan.upstreams, plan.admission, feed.snapshot()),
    failures: new Map(keysOf(plan).map((key) => [key, heard.problem])),
  };
}

function keysOf(plan: Config['plan']): QueryKey[] {
  return [...new Set(queriesOf(plan, plan.upstreams).map(queryKey))];
}
