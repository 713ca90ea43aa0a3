import { join, resolve } from 'node:path';
import type { Clock, Gateway } from '../pipeline/ports.ts';
import { type Build, pidFile, readBuild } from './build.ts';
import type { Control } from './control.ts';
import { crawl } from './crawl.ts';
import { fifoName, isFifo } from './fifo.ts';
import { controlByFifo } from './fifo-control.ts';
import { controlByPid } from './pid-control.ts';
import { testCandidate } from './test.ts';

export interface GatewayOptions {
  readonly conf: string;
  readonly prefix: string | undefined;
  readonly binary: string;
  /** `auto`, or the path of nginx's pid file. */
  readonly pid: string;
  /** `auto`: by FIFO where the managed folder holds one, else by signal to the master. */
  readonly signal: 'auto' | 'pid' | 'fifo';
  /** `host:port` of the proof server. */
  readonly ask: string;
  /** ms. */
  readonly proofTimeout: number;
  readonly output: string;
}

/** nginx by `reload`: files, then HUP, which works with every nginx. */
export function createGateway(options: GatewayOptions, clock: Clock): Gateway {
  const { conf, prefix, binary, output, ask, proofTimeout } = options;
  const fifo = join(output, fifoName);
  const byFifo = controlByFifo(fifo, { ask, proofTimeout, clock });
  const byPid = controlByPid(pidOf(options), { ask, proofTimeout, clock });

  const place = prefix === undefined ? {} : { prefix };
  let known: Build | undefined;
  const build = async (signal: AbortSignal) => {
    known ??= await readBuild(binary, signal);
    return known;
  };

  async function control(): Promise<Control> {
    const useFifo = options.signal === 'fifo' || (options.signal === 'auto' && (await isFifo(fifo)));
    return useFifo ? byFifo : byPid;
  }

  return {
    running: async (signal) => (await control()).running(signal),
    async test(candidate, signal) {
      const verdict = await testCandidate({ ...place, binary, conf, output, build }, candidate, signal);
      // A refusal may come of another nginx than the one that was asked: it is asked again the next time.
      if (verdict.kind === 'refused') known = undefined;
      return verdict;
    },
    apply: async ({ digest }, signal) => (await control()).reload(digest, signal),
  };
}

/** Where nginx writes its pid, as its configuration or else its build says. */
function pidOf({
  pid,
  binary,
  conf,
  prefix,
  output,
}: GatewayOptions): (signal: AbortSignal) => Promise<string> {
  if (pid !== 'auto') return async () => pid;
  return async (signal) => {
    const build = await readBuild(binary, signal);
    const { pid: configured } = await crawl(resolve(conf), resolve(output), signal);
    return pidFile(build, configured, prefix);
  };
}
