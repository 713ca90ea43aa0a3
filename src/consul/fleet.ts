import { hostname } from 'node:os';
import process from 'node:process';
import type { FleetPlan } from '../pipeline/plan.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Place, Turn } from '../pipeline/turn.ts';
import { Contender } from './contender.ts';
import { write } from './contenders.ts';
import { fleetRequests } from './fleet-requests.ts';
import { type ConsulOptions, TUNING, type Tuning } from './options.ts';
import { lastingToken, type ReportProblem } from './token.ts';

export interface Fleet extends Turn, AsyncDisposable {}

interface FleetContext {
  readonly clock: Clock;
  readonly report: ReportProblem;
  /** Called when a place that was asked for came free, or will never be had. */
  readonly onChange: () => void;
}

/** How long who asks waits for Consul at once; ms. */
const moment = 1_000;
/** How long Consul is told at the end of upsync that a place is free; ms. */
const farewell = 400;
/** How long a request may take; ms. Nothing here is worth more, and a place must not be lost over one that hangs. */
const deadline = 2_000;

/**
 * A semaphore in Consul's KV. Each gateway that is about to reload puts a key into the fleet's folder, held by a
 * session of its own, and the first K by `CreateIndex` may reload; with its session goes the key, whether it gave its
 * place back or died.
 *
 * Why not K keys for all to grab, or Consul's recipe with a `.lock` document: each place that comes free would wake all
 * who wait, each to test its candidate and to write to Consul, and one would win. In a line each knows its turn by
 * reading, and is woken for it alone: three writes a reload, however long the wait. It is safe with any read, stale ones
 * too: raft orders the keys, so whoever reads its own sees all that came before it, and that number only falls.
 *
 * A session lives from the question to the end of the reload, some 0.2 s where nobody else reloads: a lasting one would be
 * 18 renewals a minute of each gateway, for reloads that are rare. Its lock delay is 0 s, and it ends with the
 * agent's node as well (`serfHealth`).
 */
export function createFleet(
  options: ConsulOptions,
  fleet: FleetPlan,
  { clock, report, onChange }: FleetContext,
  tuning: Tuning = TUNING,
): Fleet {
  const timeout = Math.min(options.timeout, deadline);
  const token = lastingToken(options.token, report);
  const requests = fleetRequests({ ...options, timeout, token }, folderOf(fleet), tuning);
  const value = () => write(hostname(), process.pid, new Date(clock.now()));
  const context = { fleet, requests, value, clock, tuning };
  const ended = new AbortController();
  let mine: Mine | undefined;
  let leaving: Promise<void> = Promise.resolve();

  function stand(): Mine {
    const began = { told: false, contender: new Contender(context, leaving, onNews) };
    function onNews({ kind }: Place): void {
      if (!began.told || (kind !== 'granted' && kind !== 'denied')) return;
      began.told = false;
      onChange();
    }
    return began;
  }

  function give(): void {
    if (mine === undefined) return;
    leaving = mine.contender.leave(ended.signal);
    mine = undefined;
  }

  return {
    async take(signal) {
      const own = mine ?? stand();
      mine = own;
      const { contender } = own;
      const enough = new AbortController();
      const stopped = AbortSignal.any([signal, enough.signal]);
      await Promise.race([contender.first, clock.sleep(moment, stopped)]);
      enough.abort();
      const { place } = contender;
      own.told = place.kind !== 'granted';
      return place;
    },
    give,
    async [Symbol.asyncDispose]() {
      give();
      const timer = setTimeout(() => ended.abort(), farewell);
      await leaving;
      clearTimeout(timer);
      requests.end();
    },
  };
}

/** How a fleet stands, for people. */
export interface FleetFacts {
  /** Why the token may not take a place there. */
  readonly denied: Problem | undefined;
  /** Who has a place or waits, in order. */
  readonly names: readonly string[];
}

/** Changes nothing. Throws a ProblemError where Consul does not answer. */
export async function lookAtFleet(
  options: ConsulOptions,
  fleet: FleetPlan,
  signal: AbortSignal,
): Promise<FleetFacts> {
  const requests = fleetRequests(options, folderOf(fleet), TUNING);
  try {
    const [denied, { contenders }] = await Promise.all([
      requests.whyNot(signal),
      requests.line(undefined, 0, signal),
    ]);
    return { denied, names: contenders.map(({ name }) => name) };
  } finally {
    requests.end();
  }
}

function folderOf({ prefix, name }: FleetPlan): string {
  return `${prefix}/${name}`;
}

interface Mine {
  readonly contender: Contender;
  /** Its place was asked for in vain: it is told when that changes. */
  told: boolean;
}
