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

/**
 * Never rejects. The connection ends with a reset: the kernel would remember a closed one for minutes (TIME_WAIT, and in
 * its table of tracked connections, which is full after some 200,000: then it drops what is new).
 */
export function askOnce({ host, port }: Place, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, host, () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (isComplete(text)) socket.resetAndDestroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answerOf(text)));
  });
}

function isComplete(text: string): boolean {
  const [head = '', body] = text.split('\r\n\r\n');
  return body !== undefined && body.length >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity);
}

function answerOf(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return {
    at: performance.now(),
    status: Number(/^HTTP\/1\.. (\d+)/.exec(head)?.[1] ?? 0),
    worker: /^x-worker: (.*)$/im.exec(head)?.[1] ?? '',
    known: /^x-tried: ./im.test(head),
    body,
  };
}

/** Between two askings, in ms: as much as leaves a machine of two cores to what is measured. */
export const pause = 1;

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
