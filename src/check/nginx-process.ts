import type { Build } from '../nginx/build.ts';
import type { MasterFacts } from '../nginx/master-facts.ts';
import { differs } from '../nginx/other-version.ts';
import type { Running } from '../pipeline/outcome.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type Attempt, count, type Finding, fail, ok, warn } from './finding.ts';
import { nginxVersion } from './nginx-version.ts';

export interface ProcessFacts {
  /** How it is told to reload. */
  readonly by: 'pid' | 'fifo';
  readonly build: Attempt<Build>;
  readonly running: Running;
  /** By `pid`: the master, where there is one. */
  readonly master: MasterFacts | undefined;
  /** Workers on this host without a master. */
  readonly orphans: readonly number[];
  /** Whether somebody answers which release runs. */
  readonly isServed: boolean;
  /** The version of the nginx that runs, as in `nginx/1.22.1`; undefined where it cannot be told. */
  readonly runs: string | undefined;
  /** Generations of draining workers past which reloads wait. */
  readonly maxDraining: number;
}

export function checkProcess(facts: ProcessFacts): Finding[] {
  return [...checkVersion(facts), ...checkMaster(facts), ...checkDraining(facts)];
}

/** A test by another nginx than the one that runs says little. */
function checkVersion({ by, build, running, runs }: ProcessFacts): Finding[] {
  if ('problem' in build) return [fail('nginx', build.problem)];
  const tests = build.value.version;
  if (running.kind === 'stopped') return [ok('nginx', `${tests} tests changes`)];
  if (runs === undefined) {
    const what = `${tests} tests changes; whether it is also what runs cannot be seen from here`;
    const remedy =
      by === 'fifo'
        ? 'it can once nginx runs a release of this upsync'
        : 'run this as the user that started nginx';
    return [warn('nginx', { what, remedy })];
  }
  if (String(nginxVersion(runs) ?? runs) === String(nginxVersion(tests) ?? tests)) {
    return [ok('nginx', `${tests} tests changes, and the same version runs`)];
  }
  const remedy = by === 'fifo' ? { remedy: "build upsync's image on the image of the gateway" } : {};
  return [warn('nginx', { ...differs(runs, tests), ...remedy })];
}

function checkMaster({ by, running, master, orphans, isServed }: ProcessFacts): Finding[] {
  if (running.kind === 'stopped') {
    const stopped = fail(
      'master',
      running.problem ?? { what: 'nginx is not running', remedy: 'start nginx' },
    );
    // Where some of them answer, the problem names them.
    return isServed || orphans.length === 0 ? [stopped] : [stopped, warn('master', masterless(orphans))];
  }
  const odd = running.problem === undefined ? [] : [warn('master', running.problem)];
  if (by === 'fifo') return [ok('master', 'the gateway reads the reload FIFO'), ...odd];
  // It went away between two looks.
  if (master === undefined) return odd;
  const runs = `nginx's master (pid ${master.pid}) runs with ${count(master.workers, 'worker')}`;
  if (master.deaf !== undefined) return [ok('master', runs), ...odd, fail('master', master.deaf)];
  return [ok('master', `${runs}, and may be signalled`), ...odd];
}

/** Whose they were cannot be told: this host may have another nginx. */
function masterless(workers: readonly number[]): Problem {
  return {
    what: "nginx workers without a master run on this host, and hold their master's ports",
    remedy: `if they are of this nginx, end them before it is started: kill -QUIT ${workers.join(' ')}`,
  };
}

function checkDraining({ running, maxDraining }: ProcessFacts): Finding[] {
  if (running.kind === 'stopped' || running.draining < maxDraining) return [];
  return [
    warn('reloads', {
      what: `${count(running.draining, 'generation')} of old workers are still draining: the next reload waits for them`,
      remedy: 'set worker_shutdown_timeout in nginx.conf',
    }),
  ];
}
