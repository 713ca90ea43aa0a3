import { type Assembly, assemble, follow, takeTurns, wayFor } from './assemble.ts';
import type { Io } from './cli/io.ts';
import type { Config } from './config/config.ts';
import { assertSame } from './config/fixed.ts';
import { termsOf } from './config/terms.ts';
import { hastened, superviseNginx } from './exec.ts';
import type { Supervisor } from './nginx/supervisor.ts';
import { starter } from './pipeline/can-start.ts';
import { systemClock } from './pipeline/clock.ts';
import { queriesOf, upstreamsOf } from './pipeline/discover.ts';
import type { Event, Report } from './pipeline/event.ts';
import { followGateway } from './pipeline/follow-gateway.ts';
import { followReleases } from './pipeline/follow-releases.ts';
import { loop } from './pipeline/loop.ts';
import { isRefused, isTaken } from './pipeline/outcome.ts';
import { type Problem, problemOf } from './pipeline/problem.ts';
import { quiescence } from './pipeline/quiescence.ts';
import { recover } from './pipeline/recover.ts';
import { shareFeed } from './pipeline/share-feed.ts';
import type { Way } from './pipeline/way.ts';
import { writePidFile } from './process/pid-file.ts';
import { systemdNotifier } from './process/systemd.ts';
import { acquireLock, type Lock } from './release/lock.ts';
import { createLog } from './report/log.ts';
import { createWriter } from './report/logger.ts';
import { startText } from './report/start-text.ts';
import { type StatusService, statusService } from './status/service.ts';
import { watchTemplates } from './template/watch.ts';
import { assembleUnits } from './units.ts';
import { version } from './version.ts';

/**
 * Follows Consul until `io.signal` aborts; SIGHUP reads the configuration anew. Resolves with the exit code,
 * and throws ProblemError where the first configuration cannot be worked with.
 */
export async function runDaemon(load: () => Promise<Config>, io: Io): Promise<number> {
  const config = await load();
  const way = await wayFor(config, io.signal);
  const log = createLog(await createWriter(config.log, io.stdout, io.env), systemClock);
  const status = statusService(version, systemClock);
  const starts = config.process.exec.length > 0;
  const report = (event: Event) => {
    log(event);
    status.note(event);
    systemd.note(event);
  };
  const { isAlive } = status;
  await using systemd = systemdNotifier({ env: io.env, starts, isAlive, clock: systemClock, report });
  await using lock = await acquireLock(config.output);
  lock.onConnection(status.take);
  await using _pidFile = await writePidFile(config.process.pidFile);
  const nginx = superviseNginx(config, io, report, () => work);
  const leaving = nginx?.leaving ?? io.signal;
  const parts = { lock, report, status, nginx };
  // For the first start alone.
  let work: Work = { ...prepare(starts ? hastened(config) : config, way, parts), config };
  let next: Work | undefined;
  /** The last whose release nginx took: what a configuration that it does not take gives way to. */
  let taken: Work | undefined;

  function keepOn({ what, ...rest }: Problem): void {
    report({ type: 'problem', problem: { ...rest, what: `the new configuration is not used: ${what}` } });
    report({ type: 'process', state: 'notReconfigured', detail: '' });
  }

  io.onHangUp(async () => {
    if (leaving.aborted) return;
    report({ type: 'process', state: 'reconfiguring', detail: '' });
    try {
      const fresh = await load();
      assertSame(config, fresh);
      next = prepare(fresh, await wayFor(fresh, io.signal), parts);
      work.end();
    } catch (error) {
      keepOn(problemOf(error));
    }
  });
  leaving.addEventListener('abort', () => {
    report({ type: 'process', state: 'stopping', detail: '' });
    status.end();
    work.end();
  });

  report({ type: 'process', state: 'started', detail: startText(config, way, version) });
  while (!leaving.aborted) {
    const isRefused = await work.run(taken !== undefined);
    if (next !== undefined) {
      if (work.isTaken()) taken = work;
      [work, next] = [next, undefined];
      report({ type: 'process', state: 'reconfigured', detail: '' });
    } else if (isRefused && taken !== undefined) {
      keepOn({ what: 'nginx does not take it; the one before goes on' });
      work = prepare(taken.config, taken.way, parts, taken.pipeline);
      taken = undefined;
    } else break;
  }
  const code = await nginx?.ended;
  const detail = nginx === undefined ? 'nginx goes on serving' : `with code ${code}`;
  report({ type: 'process', state: 'stopped', detail });
  return code ?? 0;
}

/** One configuration at work. Preparing shows whether it can be; it does nothing yet. */
interface Work {
  readonly config: Config;
  readonly way: Way;
  readonly pipeline: Assembly;
  /** Resolves once it has ended: on `trial` also by itself, with true, where nginx does not take its first release. */
  run(trial: boolean): Promise<boolean>;
  /** Whether nginx took a release of its. */
  isTaken(): boolean;
  /** Looks again at once. */
  nudge(): void;
  end(): void;
}

/** What outlives a change of the configuration. */
interface Parts {
  readonly lock: Lock;
  readonly report: Report;
  readonly status: StatusService;
  /** The nginx that upsync itself runs. */
  readonly nginx: Supervisor | undefined;
}

/** `before`: what another work of the same configuration had come to know of templates and nginx. */
function prepare(
  config: Config,
  way: Way,
  { lock, report: tell, status, nginx }: Parts,
  before?: Assembly,
): Work {
  const ended = new AbortController();
  const { signal } = ended;
  const { plan } = config;
  const bell = quiescence(plan.wait, systemClock);
  let state: 'new' | 'taken' | 'refused' = 'new';
  let onTrial = false;
  /** Units never wait for nginx, but for whether it takes a configuration that is on trial. */
  const admitted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => admitted.resolve());
  const report: Report = (event) => {
    tell(event);
    if (event.type === 'reconciled') start?.(event.outcome);
    if (event.type !== 'reconciled' || state !== 'new') return;
    if (isTaken(event.outcome)) state = 'taken';
    if (state === 'taken') admitted.resolve();
    if (!onTrial || !isRefused(event.outcome)) return;
    state = 'refused';
    ended.abort();
  };
  const onChange = () => {
    bell.change();
    units.change();
  };
  const feeds = shareFeed(follow(config, report, onChange, signal));
  const feed = feeds();
  const units = assembleUnits(config, { ...lock, report: tell, feeds });
  const turn = takeTurns(config, report, bell.nudge);
  const adapters = before ?? assemble(config, { ...lock, way, report, feed, child: nginx?.pid });
  const pipeline = { ...adapters, plan, report, feed, ...(turn === undefined ? {} : { turn }) };
  const start = nginx === undefined ? undefined : starter(pipeline, nginx, signal);
  const onTemplates = () => {
    pipeline.templates.reload();
    bell.nudge();
  };
  return {
    config,
    way,
    pipeline,
    isTaken: () => state === 'taken',
    nudge: bell.nudge,
    end: () => ended.abort(),
    async run(trial) {
      onTrial = trial;
      await using _ = turn;
      const followed = { upstreams: plan.upstreams, ...(plan.discover && { discover: plan.discover }) };
      const terms = termsOf(config, way.kind);
      report({ type: 'configured', ...followed, terms, units: units.names });
      const live = await pipeline.releases.live();
      const { upstreams } = upstreamsOf(plan, feed.snapshot(), live?.view);
      feed.want(queriesOf(plan, upstreams), live?.indexes);
      const listening = status.listen(config.listen, report, signal);
      if (!trial) admitted.resolve();
      const others = admitted.promise.then(() => (signal.aborted ? undefined : units.run(signal)));
      await recover(pipeline, signal);
      await Promise.all([
        others,
        listening,
        loop(pipeline, bell, signal),
        followGateway(pipeline.gateway, systemClock, report, bell.nudge, signal),
        followReleases(pipeline.releases, systemClock, bell.nudge, signal),
        watchTemplates(config.templates, pipeline, onTemplates, signal),
      ]);
      return state === 'refused';
    },
  };
}
