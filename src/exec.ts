import type { Io } from './cli/io.ts';
import type { Config } from './config/config.ts';
import { proofServer } from './nginx/proof.ts';
import { standingMaster } from './nginx/standing-master.ts';
import { createSupervisor, type Supervisor } from './nginx/supervisor.ts';
import { systemClock } from './pipeline/clock.ts';
import type { Report } from './pipeline/event.ts';

/** Told to nginx as they come: to open its logs anew, and what it makes of a window that changes its size. */
const passed = ['SIGUSR1', 'SIGWINCH'] as const;

/** How long nginx's first start waits for Consul, in ms: what it was last known to have is better than no nginx. */
const longestStart = 2_000;

/** What is at work when nginx comes to stand, or is to end: configurations may change. */
interface Work {
  readonly config: Config;
  nudge(): void;
}

/** The nginx that upsync is to run itself, where the configuration says so; it ends as `io` is told to. */
export function superviseNginx(
  { process: { exec, stopTimeout }, nginx, output }: Config,
  io: Io,
  report: Report,
  work: () => Work,
): Supervisor | undefined {
  if (exec.length === 0) return undefined;
  const standing = { ...nginx, output, proof: proofServer(nginx.proof, output) };
  const supervisor = createSupervisor({
    words: exec,
    env: io.env,
    find: (signal) => standingMaster(standing, signal),
    clock: systemClock,
    report,
    onUp: () => work().nudge(),
  });
  if (io.signal.aborted) supervisor.stop(stopTimeout);
  io.signal.addEventListener('abort', () => supervisor.stop(work().config.process.stopTimeout));
  io.onSignal(passed, supervisor.pass);
  io.onSignal(['SIGQUIT'], () => supervisor.stop(undefined));
  io.onSignal(['SIGTERM', 'SIGINT'], supervisor.hurry);
  io.onSignal(['SIGUSR2'], () => report({ type: 'problem', problem: noUpgrade }));
  return supervisor;
}

const noUpgrade = {
  what: 'SIGUSR2 is not passed on: an nginx that takes its own place would leave upsync, which runs it',
  remedy: 'to upgrade nginx, restart upsync with the new one',
};

/** The configuration as the first start has it, where nginx waits for that. */
export function hastened(config: Config): Config {
  const { plan } = config;
  return { ...config, plan: { ...plan, startTimeout: Math.min(plan.startTimeout, longestStart) } };
}
