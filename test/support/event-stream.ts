import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage, type RequestOptions } from 'node:http';
import { grouped } from '../../src/status/pieces.ts';
import { type Status, statusSchema } from '../../src/status/schema.ts';

/** What `/events` says, put together as a client has to: the status whole, then what changes of it. */
export interface EventStream extends Disposable {
  readonly response: IncomingMessage;
  /** Names of the messages so far. */
  readonly messages: readonly string[];
  /** Their lengths. */
  readonly lengths: readonly number[];
  readonly ended: Promise<void>;
  /** Looks after each message; rejects after 20 s, or when the stream ends. */
  until(holds: (status: Status) => boolean): Promise<Status>;
}

export async function followEvents(options: RequestOptions | string): Promise<EventStream> {
  const request: ClientRequest = typeof options === 'string' ? get(options, { agent: false }) : get(options);
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no response');
  const messages: string[] = [];
  const lengths: number[] = [];
  const checks = new Set<() => void>();
  let status: Status | undefined;
  let over = false;
  let [event, rest] = ['', ''];
  const look = () => {
    for (const check of checks) check();
  };
  const end = () => {
    over = true;
    look();
  };
  const read = (line: string) => {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    if (!line.startsWith('data: ')) return;
    const data: unknown = JSON.parse(line.slice('data: '.length));
    status = status === undefined ? statusSchema.parse(data) : applyChange(status, data);
    messages.push(event);
    lengths.push(line.length);
    look();
  };
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) read(line);
  });
  const ended = new Promise<void>((resolve) => response.on('close', resolve).on('error', () => resolve()));
  void ended.then(end);
  request.on('error', end);

  return {
    response,
    messages,
    lengths,
    ended,
    until: (holds) =>
      new Promise((resolve, reject) => {
        const settle = (done: () => void) => {
          clearTimeout(timer);
          checks.delete(check);
          done();
        };
        const fail = (why: string) => settle(() => reject(new Error(`${why}: ${JSON.stringify(status)}`)));
        const timer = setTimeout(() => fail('not within 20 s'), 20_000);
        const check = () => {
          const now = status;
          if (now !== undefined && holds(now)) settle(() => resolve(now));
          else if (over) fail('the stream ended before');
        };
        checks.add(check);
        check();
      }),
    [Symbol.dispose]: () => request.destroy(),
  };
}

/** `status` with what a change replaces: whole keys, and in the groups single entries; null takes one away. */
export function applyChange(status: Status, change: unknown): Status {
  const changed = new Map(Object.entries(change ?? {}));
  const merged = Object.entries(status).map(([key, value]): [string, unknown] => {
    if (!changed.has(key)) return [key, value];
    if (!grouped.some((group) => group === key)) return [key, changed.get(key)];
    const entries = Object.entries({ ...Object(value), ...Object(changed.get(key)) });
    return [key, Object.fromEntries(entries.filter(([, entry]) => entry !== null))];
  });
  return statusSchema.parse(Object.fromEntries(merged));
}
