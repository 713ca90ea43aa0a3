import { z } from 'zod';
import { type Problem, ProblemError, problemOf } from '../pipeline/problem.ts';
import { connect, type Shared } from './connection.ts';
import { type Contender, readContenders } from './contenders.ts';
import { readHeaders } from './headers.ts';
import type { ConsulOptions, Tuning } from './options.ts';
import { replyFrom } from './reply.ts';
import { statusOf } from './request-problem.ts';
import { Response } from './response.ts';

/** The token does not grant it: no use in asking again soon. */
export class Denied extends ProblemError {}

interface Standing {
  readonly contenders: readonly Contender[];
  readonly index: bigint;
}

/** What a place in a fleet takes of Consul. Each throws a ProblemError, which holds no token. */
export interface FleetRequests {
  /** A session that ends `ttl` ms after it was last renewed (Consul may take twice as long); its id. */
  open(ttl: number, signal: AbortSignal): Promise<string>;
  /** False where the session has ended. */
  renew(session: string, signal: AbortSignal): Promise<boolean>;
  /** With it go the keys that it holds. */
  close(session: string, signal: AbortSignal): Promise<void>;
  /** Makes a key in the folder that lasts as long as the session. Twice is the same as once. */
  enter(session: string, value: string, signal: AbortSignal): Promise<void>;
  /** All that stand in line, at once or when that changed past `after`; at the latest after `wait` ms. */
  line(after: bigint | undefined, wait: number, signal: AbortSignal): Promise<Standing>;
  /** Why the token may not do all that; it changes nothing. */
  whyNot(signal: AbortSignal): Promise<Problem | undefined>;
  /** Closes idle connections too. */
  end(): void;
}

const Session = z.object({ ID: z.string() });

/** `folder` lies in Consul's KV, without slashes around it. */
export function fleetRequests(options: ConsulOptions, folder: string, tuning: Tuning): FleetRequests {
  // One request that waits, one that renews or gives back, and one to spare.
  const { consul, send, close: end } = connect({ ...options, maxConnections: 3 }, tuning);
  const remedies = {
    rights: `key_prefix "${folder}/" { policy = "write" } and session_prefix "" { policy = "write" }`,
  };

  async function ask<R>(path: string, call: (shared: Shared) => Promise<R>, signal: AbortSignal, wait = 0) {
    let status = 0;
    const noted = (shared: Shared) =>
      call(shared).catch((error: unknown) => {
        status = statusOf(error) ?? 0;
        throw error;
      });
    try {
      return await send({ path, call: noted, wait, remedies }, signal);
    } catch (error) {
      throw status === 401 || status === 403 ? new Denied(problemOf(error)) : error;
    }
  }

  const keyOf = (session: string) => `${folder}/${session}`;
  const pathOf = (key: string) => `/kv/${key}`;

  return {
    async open(ttl, signal) {
      const session = { name: 'upsync', behavior: 'delete' as const, ttl: `${ttl}ms`, lockdelay: '0s' };
      const call = (shared: Shared) => consul.session.create({ ...session, ...shared });
      const found = Session.safeParse(replyFrom(await ask('/session/create', call, signal)).json());
      if (!found.success) throw new ProblemError({ what: 'the answer is no session of Consul' });
      return found.data.ID;
    },
    async renew(id, signal) {
      const call = (shared: Shared) =>
        consul.session.renew({ id, ...shared }).then(
          () => true,
          (error: unknown) => {
            if (statusOf(error) === 404) return false;
            throw error;
          },
        );
      return ask('/session/renew', call, signal);
    },
    async close(id, signal) {
      await ask('/session/destroy', (shared) => consul.session.destroy({ id, ...shared }), signal);
    },
    async enter(session, value, signal) {
      const key = keyOf(session);
      const call = (shared: Shared) => consul.kv.set({ key, value, acquire: session, ...shared });
      const isTaken = replyFrom(await ask(pathOf(key), call, signal)).json();
      if (isTaken !== true) throw new ProblemError({ what: 'somebody else has its key', where: key });
    },
    async line(after, wait, signal) {
      const parameters = after === undefined ? {} : { index: String(after), wait: `${wait}ms` };
      const key = keyOf('');
      const call = async (shared: Shared) => {
        // Of bytes the package makes no second element.
        const [response] = Entry.parse(await consul.kv.get({ key, recurse: true, ...parameters, ...shared }));
        return response;
      };
      const response = await ask(pathOf(key), call, signal, after === undefined ? 0 : wait);
      const { index } = readHeaders(response.headers, options.maxStale);
      // Nobody is there.
      if (response.statusCode === 404) return { contenders: [], index };
      return { contenders: readContenders(replyFrom([response, response.body]).json()), index };
    },
    async whyNot(signal) {
      // Consul looks at a time after it looked at rights; and with this index only a key that is there would be changed.
      const session = { name: 'upsync', ttl: 'none' };
      const key = keyOf('check');
      const [toSessions, toKeys] = await Promise.all([
        deniedIn(
          ask('/session/create', (shared) => consul.session.create({ ...session, ...shared }), signal),
        ),
        deniedIn(ask(pathOf(key), (shared) => consul.kv.set({ key, value: '', cas: 1, ...shared }), signal)),
      ]);
      return toSessions ?? toKeys;
    },
    end,
  };
}

function deniedIn(probe: Promise<unknown>): Promise<Problem | undefined> {
  return probe.then(
    () => undefined,
    (error: unknown) => (error instanceof Denied ? error.problem : undefined),
  );
}

const Entry = z.tuple([Response]).rest(z.unknown());
