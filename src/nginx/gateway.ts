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
import { testCandidate } from './test.ts';
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

  const place = prefix === undefined ? {} : { prefix };
  let known: Build | undefined;
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
      const held = running.kind === 'stopped' ? await proof.heldByOthers(signal) : undefined;
      return held === undefined ? running : { kind: 'stopped', problem: cannotStart(held) };
    },
    async settle(live, signal) {
      // A container's addresses are its own; and where nginx runs a release, it listens already.
      if (await usesFifo()) return undefined;
      if (settled && live !== undefined && (await byPid.isThere(signal))) return undefined;
      const left = await proof.settle(signal);
      settled = true;
      return left === undefined ? undefined : moved(left, proof.listen);
    },
    async test(candidate, signal) {
      leftovers ??= removeLeftovers();
      await leftovers;
      const verdict = await testCandidate({ ...place, binary, conf, output, build }, candidate, signal);
      // A refusal may come of another nginx than the one that was asked: it is asked again the next time.
      if (verdict.kind === 'refused') known = undefined;
      return verdict;
    },
    apply: async ({ digest }, signal) => ((await usesFifo()) ? byFifo : byPid).reload(digest, signal),
  };
}

function cannotStart(held: string): Problem {
  return {
    what: 'nginx is not running, and cannot start: another process listens where its release does',
    where: held,
    remedy: 'start nginx once the next release is published, which listens elsewhere',
  };
}

function moved(from: string, to: string): Problem {
  return { what: `another process listens here: the next release listens on ${to} instead`, where: from };
}
