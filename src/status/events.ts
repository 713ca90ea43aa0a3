import type { ServerResponse } from 'node:http';
import type { Current } from './current.ts';
import { difference, type Pieces, piecesOf, whole } from './pieces.ts';

/** Those who follow the status by server-sent events. */
export interface Audience {
  /** Writes the whole status, and from then on what changes. False where there are too many already. */
  join(response: ServerResponse): boolean;
  /** Says the last, and ends all. */
  end(): void;
}

export interface AudienceTuning {
  readonly maxClients: number;
  /** ms in which changes are gathered into one message. */
  readonly gather: number;
  /** ms between two messages where nothing changes. */
  readonly heartbeat: number;
}

export const audienceTuning: AudienceTuning = { maxClients: 16, gather: 50, heartbeat: 5_000 };

interface Client {
  readonly response: ServerResponse;
  /** What it has been told. */
  told: Pieces;
  /** It has not taken what was written: it is told the rest when it has. */
  full: boolean;
}

/**
 * Each client is told by what it lacks, not by what happened: one that reads slowly gets fewer and larger
 * messages, and no more than one of them ever waits for it. One that does not read at all is cut off by the
 * server's timeout, since nothing is written to it any more.
 */
export function audience(current: Current, tuning: AudienceTuning): Audience {
  const clients = new Set<Client>();
  let gathering: NodeJS.Timeout | undefined;
  let heart: NodeJS.Timeout | undefined;
  let ended = false;

  const tellAll = () => {
    gathering = undefined;
    if (clients.size === 0) return;
    const now = piecesOf(current.status());
    for (const client of clients) tell(client, now);
  };

  const leave = (client: Client) => {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(heart);
    heart = undefined;
  };

  current.onChange(() => {
    if (clients.size === 0 || ended) return;
    gathering ??= setTimeout(tellAll, tuning.gather).unref();
  });

  return {
    join(response) {
      if (ended || clients.size >= tuning.maxClients) return false;
      const told = piecesOf(current.status());
      const client: Client = { response, told, full: false };
      clients.add(client);
      heart ??= setInterval(tellAll, tuning.heartbeat).unref();
      response.on('close', () => leave(client));
      response.on('drain', () => {
        client.full = false;
        tell(client, piecesOf(current.status()));
      });
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      client.full = !response.write(`retry: 1000\n${message('status', whole(told))}`);
      return true;
    },
    end() {
      tellAll();
      ended = true;
      clearTimeout(gathering);
      for (const { response } of clients) response.end();
    },
  };
}

function tell(client: Client, now: Pieces): void {
  if (client.full) return;
  client.full = !client.response.write(message('change', difference(client.told, now)));
  client.told = now;
}

/** JSON has no line end of its own, so that one line holds it. */
function message(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
