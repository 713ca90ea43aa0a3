import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { beside, misnamed, noMaster, orphans } from './master-problems.ts';
import { type Named, pidFileReader } from './named-master.ts';
import { isMaster, isWorker, masterOfWorker, parentOf } from './processes.ts';
import { manyQuestions, type Testimony, testify, testifyAll } from './proof.ts';
import { runningTime } from './running-time.ts';

/** nginx on this host, as it was found. */
type Found =
  | {
      readonly master: number;
      /** What its own workers run; undefined where none of them answers. */
      readonly digest: string | undefined;
      /** Likewise the structure, where they have the Lua balancer. */
      readonly structure?: string | undefined;
      /** What is not as it should be, though it runs. */
      readonly problem?: Problem;
    }
  | { readonly master: undefined; readonly problem: Problem };

export interface MasterFinder {
  find(signal: AbortSignal): Promise<Found>;
  /** The one that was heard last, while it stands: what a moment ago was found is not looked for again. */
  findAgain(signal: AbortSignal): Promise<Found>;
  /** Whether the pid file names a master: cheaper than `find`, and less sure. */
  isNamed(signal: AbortSignal): Promise<boolean>;
  /** A release was seen to run: silence means that nginx is busy from now on. */
  heard(master: number, ran: Pick<Last, 'digest' | 'structure'>): void;
}

interface FinderOptions {
  /** Where its workers answer; it may move. */
  readonly proof: { readonly ask: string };
  readonly clock: Clock;
  /** The pid of the nginx that upsync itself runs, where it does. */
  readonly child?: () => number | undefined;
}

/** What nginx was heard to run last. */
interface Last {
  readonly master: number;
  readonly digest: string;
  readonly structure: string | undefined;
}

/** Who answered, and the master behind it; undefined where that is gone. */
interface Voice extends Testimony {
  readonly master: number | undefined;
}

/** How long nginx may take to answer again, in ms. */
const patience = 1000;

/**
 * Finds nginx's master, anew each time since it may be restarted at any. A pid file may be empty, stale or
 * another nginx's. Who answers at the proof server's address runs a release of ours, and its parent is the
 * master: where there is an answer, it has the last word.
 */
export function masterFinder(
  findPidFile: (signal: AbortSignal) => Promise<string>,
  { proof, clock, child }: FinderOptions,
): MasterFinder {
  const byPidFile = pidFileReader(findPidFile, clock, child);
  let hasAnswered = false;
  /** What its own workers ran last, for when only others are quick enough to answer. */
  let last: Last | undefined;
  /** Whether that was heard the very last time: they may have fallen silent since. */
  let speaks = false;
  /** Workers of others that answered, with their masters: kept, since they may answer only now and then. */
  const others = new Map<number, number | undefined>();

  /** Whoever has answered before may only be busy or starting: a reload must not come of that at once. */
  async function hear(master: number | undefined, signal: AbortSignal): Promise<Testimony | undefined> {
    const time = runningTime(hasAnswered ? patience : 0, clock);
    for (;;) {
      const answer = await testify(proof.ask, 1000, signal);
      if (answer !== undefined) {
        hasAnswered = true;
        return answer;
      }
      const gone = master === undefined || !(await isMaster(master));
      if (gone || time.isOver() || signal.aborted) return undefined;
      await clock.sleep(50, signal);
    }
  }

  async function hearAll(first: Testimony, signal: AbortSignal): Promise<Voice[]> {
    const answers = [first, ...(await testifyAll(proof.ask, manyQuestions, signal))];
    return Promise.all(
      answers.map(async (answer) => ({ ...answer, master: await masterOfWorker(answer.pid) })),
    );
  }

  /** Which of those who answered is nginx, if it is not the one that the pid file names. */
  async function ours(named: Named, voices: readonly Voice[]): Promise<Voice | undefined> {
    const own = voices.find(({ master }) => master !== undefined && master === named.master);
    const other = voices.find(({ master }) => master !== undefined);
    if (own !== undefined || other === undefined || named.master === undefined) return own ?? other;
    // A parent is the master that this one replaces: it was only quicker to answer.
    return (await parentOf(named.master)) === other.master ? undefined : other;
  }

  async function updateOthers(master: number | undefined, voices: readonly Voice[]): Promise<void> {
    for (const voice of voices) others.set(voice.pid, voice.master);
    for (const pid of others.keys()) {
      const owner = await masterOfWorker(pid);
      // One that ended or was told to is nobody's.
      if (!(await isWorker(pid)) || (owner !== undefined && owner === master)) others.delete(pid);
      else others.set(pid, owner);
    }
  }

  const finder: MasterFinder = {
    async find(signal) {
      const named = await byPidFile(signal);
      const first = await hear(named.master, signal);
      if (first === undefined) {
        speaks = false;
        if (named.master !== undefined) return { master: named.master, digest: undefined };
        return { master: undefined, problem: named.problem };
      }
      const owner = await masterOfWorker(first.pid);
      if (owner !== undefined && owner === named.master && others.size === 0) {
        last = { master: owner, digest: first.digest, structure: first.structure };
        speaks = true;
        return last;
      }
      let voices = await hearAll(first, signal);
      let own = await ours(named, voices);
      // Others may be quicker than its own workers for a while: that says nothing of what those run.
      const time = runningTime(patience, clock);
      while (own === undefined && named.master !== undefined && !time.isOver() && !signal.aborted) {
        await clock.sleep(20, signal);
        voices = await hearAll(first, signal);
        own = await ours(named, voices);
      }
      const master = own?.master ?? named.master;
      await updateOthers(master, voices);
      if (master !== undefined) {
        const problem = problemWith(named, master, others);
        if (own !== undefined) last = { master, digest: own.digest, structure: own.structure };
        speaks = own !== undefined;
        const { digest, structure } = last?.master === master ? last : {};
        return { master, digest, structure, ...(problem === undefined ? {} : { problem }) };
      }
      if (others.size > 0) return { master, problem: orphans([...others.keys()]) };
      return { master, problem: 'problem' in named ? named.problem : noMaster(named.path) };
    },

    async findAgain(signal) {
      return speaks && last !== undefined && (await isMaster(last.master)) ? last : finder.find(signal);
    },

    isNamed: async (signal) => (await byPidFile(signal)).master !== undefined,

    heard(master, { digest, structure }) {
      hasAnswered = true;
      last = { master, digest, structure };
      speaks = true;
    },
  };
  return finder;
}

function problemWith(
  { path, master: named }: Named,
  master: number,
  others: ReadonlyMap<number, number | undefined>,
): Problem | undefined {
  if (master !== named && path !== undefined) return misnamed(path, master);
  return others.size > 0 ? beside(others) : undefined;
}
