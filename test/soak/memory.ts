import { readdir, readFile } from 'node:fs/promises';
import type { Upsync } from '../support/upsync.ts';

/** What one upsync process holds, at one quiet point; memory in MiB. */
export interface Sample {
  readonly pid: number;
  /** By `performance.now()`. */
  readonly at: number;
  /** What of the heap is in use once the garbage is gone. */
  readonly heap: number;
  /** VmRSS. */
  readonly rss: number;
  /** Open files and sockets. */
  readonly files: number;
}

/** Undefined where the process is gone. */
export async function sample({ pid, next, signal }: Upsync): Promise<Sample | undefined> {
  signal('SIGUSR2');
  const line = await next('heap').catch(() => undefined);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  if (line === undefined || kilobytes === undefined) return undefined;
  const heap = Number(line.heapUsed) / 2 ** 20;
  return { pid, at: performance.now(), heap, rss: Number(kilobytes) / 1024, files: files.length };
}

/** How one process grew, from when it had warmed up: medians of the first and of the last fifth. */
export interface Growth {
  readonly minutes: number;
  readonly start: Typical;
  readonly end: Typical;
  /** Of the heap: MiB a minute, by the least squares of all samples. */
  readonly slope: number;
}

interface Typical {
  readonly heap: number;
  readonly files: number;
}

/** Until then code is compiled and caches fill, in ms. */
const warmUp = 20_000;
/** No process is judged that was seen for less after that, in ms. */
const judged = 60_000;

/** What no process may take, in MiB. */
export const mostRss = 256;
/** How much the heap may grow, in MiB: what is kept of the past is bounded, and fills in the first minutes. */
export const mostGrowth = 5;
/** Connections come and go with what is kept, held and asked. */
const mostFiles = 10;

/** The growth of the process that lived longest; undefined where none lived long enough to be judged. */
export function growth(samples: readonly Sample[]): Growth | undefined {
  const lives = [...Map.groupBy(samples, ({ pid }) => pid).values()].map((life) => {
    const born = life[0]?.at ?? 0;
    return life.filter(({ at }) => at - born >= warmUp);
  });
  const longest = lives.sort((a, b) => span(b) - span(a))[0] ?? [];
  if (span(longest) < judged) return undefined;
  const fifth = Math.ceil(longest.length / 5);
  return {
    minutes: (span(longest) + warmUp) / 60_000,
    start: typical(longest.slice(0, fifth)),
    end: typical(longest.slice(-fifth)),
    slope: slopeOf(longest),
  };
}

/** What is wrong with the memory, in words. */
export function memoryFaults(samples: readonly Sample[]): readonly string[] {
  const most = Math.max(0, ...samples.map(({ rss }) => rss));
  const grown = growth(samples);
  const faults = most > mostRss ? [`upsync took ${most.toFixed(0)} MiB, more than ${mostRss}`] : [];
  if (grown === undefined) return faults;
  const heap = grown.end.heap - grown.start.heap;
  const files = grown.end.files - grown.start.files;
  if (heap > mostGrowth) faults.push(`upsync's heap grew by ${heap.toFixed(1)} MiB, more than ${mostGrowth}`);
  if (files > mostFiles)
    faults.push(`upsync holds ${files} files more than at first, more than ${mostFiles}`);
  return faults;
}

function span(life: readonly Sample[]): number {
  return (life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0);
}

function typical(samples: readonly Sample[]): Typical {
  return { heap: median(samples.map(({ heap }) => heap)), files: median(samples.map(({ files }) => files)) };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function slopeOf(life: readonly Sample[]): number {
  const minutes = life.map(({ at }) => at / 60_000);
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
  const [x, y] = [mean(minutes), mean(life.map(({ heap }) => heap))];
  const across = minutes.reduce((sum, at) => sum + (at - x) ** 2, 0);
  const along = life.reduce((sum, { at, heap }) => sum + (at / 60_000 - x) * (heap - y), 0);
  return across === 0 ? 0 : along / across;
}
