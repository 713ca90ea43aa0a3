import { join } from 'node:path';
import type { Clock, Gateway } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type Build, readBuild } from './build.ts';
import { fifoName, goesByFifo } from './fifo.ts';
import { controlByFifo } from './fifo-control.ts';
import { otherVersion } from './other-version.ts';
import { controlByPid } from './pid-control.ts';
import { findPidFile, type PidOptions } from './pid-file.ts';
import type { ProofPlace } from './proof-place.ts';
import { makeStage, removeStage, testIn } from './test.ts';
import { removeLeftovers } from './test-leftovers.ts';

export interface GatewayOptions extends PidOptions {
  /** `auto`: by FIFO where the managed folder holds one, else by signal to the master. */
  readonly signal: 'auto' | 'pid' | 'fifo';
  readonly proof: ProofPlace;
  /** ms. */
  readonly proofTimeout: number;
}

/** nginx by `reload`: files, then HUP, which works with every nginx. */
export function createGateway(options: GatewayOptions, clock: Clock): Gateway {
  const { conf, prefix, binary, output, proof, proofTimeout } = options;
  const fifo = join(output, fifoName);
  const byFifo = controlByFifo(fifo, { proof, proofTimeout, clock });
  const examine = otherVersion((signal) => readBuild(binary, signal));
  const byPid = controlByPid((signal) => findPidFile(options, signal), {
    proof,
    proofTimeout,
    clock,
    examine,
  });
  let settled = false;
  /** Where others hold the one place of the proof server. */
  let held: string | undefined;

  const place = prefix === undefined ? {} : { prefix };
  let known: Build | undefined;
  /** Of killed runs first, and then of the test before. */
  let leftovers: Promise<void> | undefined;
  const build = async (signal: AbortSignal) => {
    known ??= await readBuild(binary, signal);
    return known;
  };

  const usesFifo = () => goesByFifo(options.signal, output);

  return {
    async running(signal) {
      if (await usesFifo()) return byFifo.running(signal);
      const running = await byPid.running(signal);
      const taken = running.kind === 'stopped' ? await proof.heldByOthers(signal) : undefined;
      return taken === undefined ? running : { kind: 'stopped', problem: cannotStart(taken, proof.canMove) };
    },
    async settle(live, signal) {
      // A container's addresses are its own; and where nginx runs a release, it listens already.
      if (await usesFifo()) return undefined;
      const isFine = settled && live !== undefined && (await byPid.isThere(signal));
      const { left, ...rest } = isFine ? {} : await proof.settle(signal);
      held = rest.held;
      settled = true;
      return left === undefined ? undefined : moved(left, proof.listen);
    },
    async test(candidate, signal) {
      leftovers ??= removeLeftovers();
      await leftovers;
      // nginx's own test would pass.
      if (held !== undefined) return { kind: 'refused', problems: [takenPlace(held)] };
      const stage = await makeStage();
      try {
        const verdict = await testIn(stage, { ...place, binary, conf, output, build }, candidate, signal);
        // A refusal may come of another nginx than the one that was asked: it is asked again the next time.
        if (verdict.kind === 'refused') known = undefined;
        return verdict;
      } finally {
        // The verdict does not wait for it, the next test does. What cannot be removed is tried again by later runs.
        leftovers = removeStage(stage).catch(() => undefined);
      }
    },
    apply: async ({ digest }, signal) => ((await usesFifo()) ? byFifo : byPid).reload(digest, signal),
  };
}

function cannotStart(place: string, canMove: boolean): Problem {
  return {
    what: 'nginx is not running, and cannot start: another process listens where its release does',
    where: place,
    remedy: canMove
      ? 'start nginx once the next release is published, which listens elsewhere'
      : 'end that process, or give nginx.proof a place of its own',
  };
}

export function takenPlace(place: string): Problem {
  return {
    what: 'another process listens where nginx is to tell what it runs',
    where: place,
    remedy: 'end that process, or give nginx.proof a place of its own',
  };
}

function moved(from: string, to: string): Problem {
  return { what: `another process listens here: the next release listens on ${to} instead`, where: from };
}
