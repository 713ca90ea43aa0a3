import { once } from 'node:events';
import { createConnection } from 'node:net';
import { type ProofServer, proofServer, testify } from './proof.ts';

/** Where the proof server of the next release listens. It moves only in `settle`. */
export interface ProofPlace extends ProofServer {
  /** Moves to where nginx answers already, or else away from a place that is held by others; says which that was. */
  settle(signal: AbortSignal): Promise<string | undefined>;
  /** The place, where others hold it: nginx cannot start with a release that listens there too. */
  heldByOthers(signal: AbortSignal): Promise<string | undefined>;
}

/** How many places an output folder has. One is enough but where others hold that port on all addresses. */
const places = 8;

/** With `auto` there are several places to choose from; one that was configured is not ours to change. */
export function proofPlace(setting: string, output: string): ProofPlace {
  const all =
    setting === 'auto'
      ? Array.from({ length: places }, (_, index) => proofServer(setting, output, index))
      : [proofServer(setting, output)];
  let [place = proofServer(setting, output)] = all;

  const isHeld = async ({ listen, unavailable }: ProofServer, signal: AbortSignal) =>
    (await isTaken(listen, signal)) || (await isTaken(unavailable, signal));

  return {
    get listen() {
      return place.listen;
    },
    get unavailable() {
      return place.unavailable;
    },
    get ask() {
      return place.ask;
    },

    async settle(signal) {
      if (all.length === 1) return undefined;
      const answers = await Promise.all(all.map(({ ask }) => testify(ask, 1000, signal)));
      const answering = all.filter((_, index) => answers[index] !== undefined);
      if (answering.length > 0) {
        place = answering.includes(place) ? place : (answering[0] ?? place);
        return undefined;
      }
      const before = place;
      for (const one of [place, ...all]) {
        if (await isHeld(one, signal)) continue;
        place = one;
        break;
      }
      return place === before ? undefined : before.listen;
    },

    async heldByOthers(signal) {
      // It may move meanwhile.
      const here = place;
      if (all.length === 1 || !(await isHeld(here, signal))) return undefined;
      return (await testify(here.ask, 1000, signal)) === undefined ? here.listen : undefined;
    },
  };
}

/** Asked by connecting: to listen there, if only for a moment, would itself be in nginx's way. */
export async function isTaken(address: string, signal: AbortSignal): Promise<boolean> {
  const [host = '', port] = address.split(':');
  const deadline = AbortSignal.timeout(1000);
  const socket = createConnection({ host, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, deadline]) });
    return true;
  } catch {
    // Who refuses nothing and takes nothing is there, and busy.
    return deadline.aborted;
  } finally {
    socket.destroy();
  }
}
