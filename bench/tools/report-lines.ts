import { z } from 'zod';

const published = z.looseObject({
  event: z.literal('published'),
  steps: z.record(z.string(), z.number()),
});

/** upsync's JSON log: what a published release took, step by step in ms; undefined for any other line. */
export function stepsOf(text: string): Readonly<Record<string, number>> | undefined {
  return published.safeParse(parse(text)).data?.steps;
}

/** Whether the line tells of this event. */
export function isEvent(text: string, event: string): boolean {
  return text.includes(`"event":"${event}"`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What bed/loop-delay.ts wrote, in ms. */
export function mostDelay(text: string): number {
  return z.looseObject({ most: z.number() }).parse(parse(text)).most;
}

/** What the soak's heap.ts wrote, in MiB; undefined for any other line. */
export function heapOf(text: string): number | undefined {
  const line = z.looseObject({ event: z.literal('heap'), heapUsed: z.number() }).safeParse(parse(text));
  return line.data === undefined ? undefined : line.data.heapUsed / 2 ** 20;
}
