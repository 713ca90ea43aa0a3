import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { readBuild } from '../nginx/build.ts';
import { crawl } from '../nginx/crawl.ts';
import { goesByFifo } from '../nginx/fifo.ts';
import { inspectMaster } from '../nginx/master-facts.ts';
import { findPidFile } from '../nginx/pid-file.ts';
import { orphanedWorkers } from '../nginx/processes.ts';
import { testify } from '../nginx/proof.ts';
import { isTaken, proofPlace } from '../nginx/proof-place.ts';
import { workerUser } from '../nginx/worker-user.ts';
import { attempt, resultOf } from './finding.ts';

/** ms for an answer from this host, or from the next container. */
const patience = 1_000;
/** Questions at once: one may meet a worker that is just going. */
const questions = 4;

/** All that can be seen of nginx from here: its program, its configuration, its processes, its answers. */
export async function lookAtNginx({ nginx, output }: Pick<Config, 'nginx' | 'output'>, signal: AbortSignal) {
  const { binary, conf } = nginx;
  const isHere = !goesByFifo(nginx.signal, output);
  const proof = proofPlace(nginx.proof, output);
  let held = isHere ? (await proof.settle(signal)).held : undefined;
  const asked = await Promise.all(
    Array.from({ length: questions }, () => testify(proof.ask, patience, signal)),
  );
  const testimonies = asked.filter((testimony) => testimony !== undefined);
  const told = testimonies.find((testimony) => testimony.version !== undefined)?.version;
  const pidFile = await attempt(() => findPidFile({ ...nginx, output }, signal), signal);
  const master = isHere ? await inspectMaster(testimonies, resultOf(pidFile)) : undefined;
  const isServed = testimonies.length > 0;
  if (!isHere && !isServed && (await isTaken(proof.ask, signal))) held = proof.ask;
  const build = await attempt(() => readBuild(binary, signal), signal);
  const config = await attempt(() => crawl(resolve(conf), resolve(output), signal), signal);
  return {
    binary,
    conf,
    build,
    config,
    workersUser: await workerUser(master?.pid, resultOf(build), resultOf(config)),
    by: isHere ? ('pid' as const) : ('fifo' as const),
    master,
    orphans: isHere ? await orphanedWorkers() : [],
    runs: master?.version ?? (told && `nginx/${told}`),
    setting: nginx.proof,
    ask: proof.ask,
    testimony: testimonies[0],
    isServed,
    held,
  };
}
