import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One answer over a connection of its own. */
export interface Answer {
  /** When it was complete, by `performance.now()`. */
  readonly at: number;
  /** 0 where the connection broke. */
  readonly status: number;
  /** The pid of nginx's worker. */
  readonly worker: string;
  /** Whether nginx has an upstream of that name. */
  readonly known: boolean;
  readonly body: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Never rejects. */
export function askOnce({ host, port }: Place, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, host, () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      resolve({
        at: performance.now(),
        status: Number(/^HTTP\/1\.. (\d+)/.exec(head)?.[1] ?? 0),
        worker: /^x-worker: (.*)$/im.exec(head)?.[1] ?? '',
        known: /^x-tried: ./im.test(head),
        body,
      });
    });
  });
}

/** Between two askings, in ms: as much as leaves a machine of two cores to what is measured. */
const pause = 1;

/**
 * Asks over and over, each time on a fresh connection, one after the other, until an answer is what is wanted.
 * Rejects where that takes longer than `patience`, in ms.
 */
export async function askUntil(
  place: Place,
  path: string,
  wanted: (answer: Answer) => boolean,
  signal: AbortSignal,
  patience = 30_000,
): Promise<Answer> {
  const deadline = performance.now() + patience;
  for (;;) {
    const answer = await askOnce(place, path);
    if (wanted(answer)) return answer;
    if (answer.at > deadline) {
      const { status, body } = answer;
      throw new Error(
        `waited ${patience / 1000} s at ${path}; the last answer was ${status} ${body.slice(0, 80)}`,
      );
    }
    await sleep(pause, undefined, { signal });
  }
}
