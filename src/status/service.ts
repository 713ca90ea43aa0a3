import type { Duplex } from 'node:stream';
import { createServer } from '../http.ts';
import type { Event, Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import { currentStatus } from './current.ts';
import { audience, audienceTuning } from './events.ts';
import { createHandler } from './handler.ts';
import { hostCheck } from './hosts.ts';
import { idle, listen, type Place } from './listen.ts';
import { pageDocuments } from './page.ts';

/** Where status is told, and for which names besides loopback's and IP addresses. */
interface ListenOptions {
  /** Undefined: nowhere but on the control socket. */
  readonly place: Place | undefined;
  readonly hosts: readonly string[];
}

export interface StatusService {
  note(event: Event): void;
  /** Whether the loop lives, as `/healthz` says it. */
  isAlive(): boolean;
  /** Answers on a connection that came in elsewhere: the control socket's. */
  take(connection: Duplex): void;
  /** Until `signal` aborts. */
  listen(options: ListenOptions, report: Report, signal: AbortSignal): Promise<void>;
  /** Tells those who follow the last, and lets them go. */
  end(): void;
}

export function statusService(version: string, clock: Clock): StatusService {
  const current = currentStatus(version, clock);
  const followers = audience(current, audienceTuning);
  const documents = pageDocuments();
  const onSocket = createServer(createHandler(current, followers, {}, undefined));
  onSocket.timeout = idle;
  return {
    note: current.note,
    isAlive: current.isAlive,
    take: (connection) => onSocket.emit('connection', connection),
    async listen({ place, hosts }, report, signal) {
      if (place === undefined) return;
      const mayAsk = hostCheck([place.host, ...hosts]);
      await listen(place, createHandler(current, followers, documents, mayAsk), clock, report, signal);
    },
    end: followers.end,
  };
}
