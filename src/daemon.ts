import { assemble, follow } from './assemble.ts';
import type { Io } from './cli/io.ts';
import type { Config } from './config/config.ts';
import { systemClock } from './pipeline/clock.ts';
import type { Report } from './pipeline/event.ts';
import { followGateway } from './pipeline/follow-gateway.ts';
import { loop } from './pipeline/loop.ts';
import { serviceQuery } from './pipeline/observe.ts';
import { ProblemError, problemOf } from './pipeline/problem.ts';
import { quiescence } from './pipeline/quiescence.ts';
import { recover } from './pipeline/recover.ts';
import { acquireLock, type Lock } from './release/lock.ts';
import { createLog } from './report/log.ts';
import { createWriter } from './report/logger.ts';
import { watchTemplates } from './template/watch.ts';
import { version } from './version.ts';

/**
 * Follows Consul until `io.signal` aborts; SIGHUP reads the configuration anew. Resolves with the exit code,
 * and throws ProblemError where the first configuration cannot be worked with.
 */
export async function runDaemon(load: () => Promise<Config>, io: Io): Promise<number> {
  const config = await load();
  const report = createLog(await createWriter(config.log, io.stdout, io.env), systemClock);
  await using lock = await acquireLock(config.output);
  let work = prepare(config, lock, report);
  let next: Work | undefined;

  io.onHangUp(async () => {
    try {
      const fresh = await load();
      if (fresh.output !== config.output) throw moved(config.output);
      next = prepare(fresh, lock, report);
      work.end();
    } catch (error) {
      const { what, ...rest } = problemOf(error);
      report({ type: 'problem', problem: { ...rest, what: `the new configuration is not used: ${what}` } });
    }
  });
  io.signal.addEventListener('abort', () => {
    report({ type: 'process', state: 'stopping', detail: '' });
    work.end();
  });

  report({ type: 'process', state: 'started', detail: summary(config) });
  while (!io.signal.aborted) {
    await work.run();
    if (next === undefined) break;
    [work, next] = [next, undefined];
    report({ type: 'process', state: 'reconfigured', detail: '' });
  }
  report({ type: 'process', state: 'stopped', detail: 'nginx goes on serving' });
  return 0;
}

/** One configuration at work. Preparing shows whether it can be; it does nothing yet. */
interface Work {
  run(): Promise<void>;
  end(): void;
}

function prepare(config: Config, lock: Lock, report: Report): Work {
  const ended = new AbortController();
  const { signal } = ended;
  const { plan, templates } = config;
  const bell = quiescence(plan.wait, systemClock);
  const feed = follow(config, report, bell.change, signal);
  const pipeline = assemble(config, { ...lock, report, feed });
  const onTemplates = () => {
    pipeline.templates.reload();
    bell.nudge();
  };
  return {
    end: () => ended.abort(),
    async run() {
      feed.want(plan.upstreams.map(serviceQuery));
      await recover(pipeline, signal);
      await Promise.all([
        loop(pipeline, bell, signal),
        followGateway(pipeline.gateway, systemClock, report, bell.nudge, signal),
        watchTemplates(templates, pipeline, onTemplates, signal),
      ]);
    },
  };
}

function summary({ plan, consul, output }: Config): string {
  const names = plan.upstreams.map(({ name }) => name).join(', ');
  return `upsync ${version} follows ${names} in ${consul.address}, writes ${output}`;
}

function moved(output: string): ProblemError {
  return new ProblemError({
    what: 'output cannot change while upsync runs',
    where: output,
    remedy: 'restart upsync',
  });
}
