import { join } from 'node:path';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import type { Clock, Gateway } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import type { FindBarred } from '../pipeline/rights.ts';
import { type Build, readBuild } from './build.ts';
import { fifoName, goesByFifo } from './fifo.ts';
import { controlByFifo } from './fifo-control.ts';
import { otherVersion } from './other-version.ts';
import { controlByPid } from './pid-control.ts';
import { findPidFile, type PidOptions } from './pid-file.ts';
import type { ProofPlace } from './proof-place.ts';
import { takenListen } from './taken-listen.ts';
import { makeStage, removeStage, testIn } from './test.ts';
import { removeLeftovers } from './test-leftovers.ts';
import { acceptedStructures, peersRefusal, testLua } from './test-lua.ts';
import { closedToNewWorkers } from './worker-user.ts';

export interface GatewayOptions extends PidOptions {
  /** By `push`: the balancer, and its code by file name. */
  readonly lua:
    | {
        readonly balancer: LuaBalancer;
        readonly code: { readonly files: ReadonlyMap<string, string> };
        /** What of a candidate workers may not read. */
        readonly find: FindBarred;
      }
    | undefined;
  /** `auto`: by FIFO where the managed folder holds one, else by signal to the master. */
  readonly signal: 'auto' | 'pid' | 'fifo';
  /** Where nginx is to listen for what was discovered. */
  readonly gateway?: string | undefined;
  readonly proof: ProofPlace;
  /** ms. */
  readonly proofTimeout: number;
  /** The pid of the nginx that upsync itself runs, where it does. */
  readonly child?: () => number | undefined;
}

/**
 * nginx by `reload`: files, then HUP, which works with every nginx. By `push` its workers follow the release by
 * themselves, and HUP is for what nginx itself reads.
 */
export function createGateway(options: GatewayOptions, clock: Clock): Gateway {
  const { conf, prefix, binary, output, gateway, proof, proofTimeout, lua, child } = options;
  const fifo = join(output, fifoName);
  const byFifo = controlByFifo(fifo, { proof, proofTimeout, clock });
  const examine = otherVersion((signal) => readBuild(binary, signal));
  const byPid = controlByPid((signal) => findPidFile(options, signal), {
    proof,
    proofTimeout,
    clock,
    examine,
    ...(child === undefined ? {} : { child }),
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

  /** Why workers could not read a candidate. A dry run's lies where nobody looks: there it is about the live release. */
  async function closedTo({ folder, structure, digest }: Candidate, signal: AbortSignal) {
    if (lua === undefined || structure === digest) return undefined;
    const release = folder.startsWith(`${output}/`) ? folder : undefined;
    return closedToNewWorkers({ binary, conf, output, build, find: lua.find }, signal, release);
  }
  /** Of another container's ports nothing can be seen from here; and one that runs holds its own. */
  async function cannotListen(candidate: Candidate, signal: AbortSignal) {
    const { upstreams } = candidate.view;
    const isToListen = gateway !== undefined || upstreams.some(({ listen }) => listen !== undefined);
    if (!isToListen || usesFifo() || (await byPid.running(signal)).kind === 'running') return undefined;
    return takenListen(candidate, gateway, signal);
  }
  /** What nginx's own test does not tell. */
  const untoldBy = async (candidate: Candidate, signal: AbortSignal) =>
    (await closedTo(candidate, signal)) ?? (await cannotListen(candidate, signal));
  const usesFifo = () => child === undefined && goesByFifo(options.signal, output);
  const accepted = acceptedStructures();

  return {
    async running(signal) {
      if (usesFifo()) return byFifo.running(signal);
      const running = await byPid.running(signal);
      const taken = running.kind === 'stopped' ? await proof.heldByOthers(signal) : undefined;
      return taken === undefined ? running : { kind: 'stopped', problem: cannotStart(taken, proof.canMove) };
    },
    async settle(live, signal) {
      // A container's addresses are its own; and where nginx runs a release, it listens already.
      if (usesFifo()) return undefined;
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
      if (lua !== undefined) {
        const one = await candidate;
        const refusal = peersRefusal(one);
        if (refusal !== undefined) return { kind: 'refused', problems: [refusal] };
        if (accepted.has(one.structure)) return { kind: 'accepted', warnings: [] };
      }
      const stage = await makeStage();
      try {
        const read = await testIn(stage, { ...place, binary, conf, output, build }, candidate, signal);
        const verdict =
          read.kind === 'accepted' && lua !== undefined
            ? await testLua(
                stage,
                {
                  binary,
                  without: (await build(signal)).without,
                  conf,
                  prefix,
                  output,
                  balancer: lua.balancer,
                  code: lua.code.files,
                },
                await candidate,
                read,
                signal,
              )
            : read;
        const untold = verdict.kind === 'accepted' ? await untoldBy(await candidate, signal) : undefined;
        if (untold !== undefined) return { kind: 'refused', problems: [untold] };
        // A refusal may come of another nginx than the one that was asked: it is asked again the next time.
        if (verdict.kind === 'refused') known = undefined;
        else accepted.add((await candidate).structure);
        return verdict;
      } finally {
        // The verdict does not wait for it, the next test does. What cannot be removed is tried again by later runs.
        leftovers = removeStage(stage).catch(() => undefined);
      }
    },
    async apply(release, signal) {
      const control = usesFifo() ? byFifo : byPid;
      // A release without peers is all structure.
      const canFollow = lua !== undefined && release.structure !== release.digest;
      const followed = canFollow ? await control.follow(release, signal) : undefined;
      return followed ?? control.reload(release, signal);
    },
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
