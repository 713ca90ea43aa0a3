import { z } from 'zod';
import type { EngineEvent } from '../ports.ts';

/** What may change a registration. A health check's own `exec_…` events, several a second on a busy host, are none of it. */
export const eventFilters = {
  type: ['container', 'network'],
  event: [
    'start',
    'die',
    'stop',
    'kill',
    'pause',
    'unpause',
    'rename',
    'destroy',
    'health_status',
    'connect',
    'disconnect',
  ],
};

const Message = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  timeNano: z.number(),
});

export interface Told {
  readonly event: EngineEvent;
  /** By the engine's clock, in ms since the epoch; undefined where it cannot be read. */
  readonly at: number | undefined;
}

/** One line of the stream. What is not understood may still mean that something changed. */
export function toldBy(line: string): Told {
  const message = Message.safeParse(parseJson(line));
  if (!message.success) return { event: { kind: 'changed' }, at: undefined };
  const { Action, Actor, timeNano } = message.data;
  const at = timeNano / 1e6;
  const signal = Number(Actor.Attributes?.signal);
  if (Action !== 'kill' || !Number.isInteger(signal)) return { event: { kind: 'changed' }, at };
  return { event: { kind: 'signalled', container: Actor.ID, signal, at }, at };
}

/** The whole lines of a stream of text. */
export async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
