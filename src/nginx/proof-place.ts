import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { isBroken, type ProofServer, proofServer, testify } from './proof.ts';

/** What came of choosing a place. */
interface Settled {
  /** The place that was left, since others hold it. */
  readonly left?: string;
  /** The place that stays though others hold it: there is no other. */
  readonly held?: string;
}

/** Where the proof server of the next release listens. It moves only in `settle`. */
export interface ProofPlace extends ProofServer {
  /** Whether there are several places to choose from. */
  readonly canMove: boolean;
  /** Moves to where nginx answers already, or else to a place that nobody holds. */
  settle(signal: AbortSignal): Promise<Settled>;
  /** The place, where others hold it: nginx cannot start with a release that listens there too. */
  heldByOthers(signal: AbortSignal): Promise<string | undefined>;
}

/** How many places an output folder has. One is enough but where others hold that port on all addresses. */
const places = 8;

/** With `auto` there are several; one that was configured is not ours to change. */
export function proofPlace(setting: string, output: string): ProofPlace {
  const canMove = setting === 'auto';
  const all = Array.from({ length: canMove ? places : 1 }, (_, index) => proofServer(setting, output, index));
  let [place = proofServer(setting, output)] = all;
  // Of another container's addresses nothing can be seen from here.
  const isLocal = place.listen.startsWith('127.');

  const isHeld = async ({ listen, unavailable }: ProofServer, signal: AbortSignal) =>
    (await isTaken(listen, signal)) || (await isTaken(unavailable, signal));

  return {
    canMove,
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
      if (!isLocal) return {};
      const answers = await Promise.all(all.map(({ ask }) => testify(ask, 1000, signal)));
      const answering = all.filter((_, index) => answers[index] !== undefined);
      const [first] = answering;
      if (first !== undefined) {
        if (!answering.includes(place)) place = first;
        return {};
      }
      const before = place;
      for (const one of [before, ...all]) {
        // nginx may have started since it was asked.
        if ((await isHeld(one, signal)) && !(await isOurs(one, signal))) continue;
        place = one;
        return one === before ? {} : { left: before.listen };
      }
      return { held: before.listen };
    },

    async heldByOthers(signal) {
      // It may move meanwhile.
      const here = place;
      if (!isLocal || !(await isHeld(here, signal))) return undefined;
      return (await isOurs(here, signal)) ? undefined : here.listen;
    },
  };
}

async function isOurs({ ask }: ProofServer, signal: AbortSignal): Promise<boolean> {
  return (await testify(ask, 1000, signal)) !== undefined || isBroken(ask, 1000, signal);
}

/** As `host:port`, what nginx may be told to listen on: `PORT` and `*:PORT` are all addresses of IPv4. */
export function placeOfListen(address: string): string {
  return address.replace(/^(?:\*:)?(\d+)$/, '0.0.0.0:$1');
}

/** Of what `placeOfListen` takes, IPv6 in brackets. Asked by connecting: to listen there, if only for a moment, would itself be in nginx's way. */
export async function isTaken(address: string, signal: AbortSignal): Promise<boolean> {
  const [, ipv6, ipv4 = '', port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(placeOfListen(address)) ?? [];
  const host = ipv6 ?? ipv4;
  const deadline = AbortSignal.timeout(1000);
  let socket: Socket | undefined;
  try {
    socket = createConnection({ host, port: Number(port) });
    await once(socket, 'connect', { signal: AbortSignal.any([signal, deadline]) });
    return true;
  } catch {
    // Who refuses nothing and takes nothing is there, and busy.
    return deadline.aborted;
  } finally {
    socket?.destroy();
  }
}
