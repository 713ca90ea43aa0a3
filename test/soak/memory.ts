import { readdir, readFile } from 'node:fs/promises';

/** What one upsync process holds, at one quiet point. */
export interface Sample {
  readonly pid: number;
  /** By `performance.now()`. */
  readonly at: number;
  /** VmRSS, in MiB. */
  readonly rss: number;
  /** Open files and sockets. */
  readonly files: number;
}

/** Undefined where the process is gone. */
export async function sample(pid: number): Promise<Sample | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  if (kilobytes === undefined) return undefined;
  return { pid, at: performance.now(), rss: Number(kilobytes) / 1024, files: files.length };
}

/** How one process grew, from when it had warmed up. */
export interface Growth {
  readonly minutes: number;
  /** Medians of the first and of the last fifth. */
  readonly start: { readonly rss: number; readonly files: number };
  readonly end: { readonly rss: number; readonly files: number };
  /** MiB a minute, by the least squares of all samples. */
  readonly slope: number;
}

/** Until then the heap finds its size, in ms. */
const warmUp = 30_000;
/** No process is judged that was seen for less, in ms. */
const judged = 90_000;

/** What no process may pass, in MiB: ten minutes of a leak that matters over weeks do. */
export const mostRss = 160;
export const mostGrowth = 15;
/** Connections come and go with what is kept, held and asked. */
export const mostFiles = 10;

/** The growth of the process that lived longest; undefined where none lived long enough to be judged. */
export function growth(samples: readonly Sample[]): Growth | undefined {
  const lives = [...Map.groupBy(samples, ({ pid }) => pid).values()].map((life) => {
    const born = life[0]?.at ?? 0;
    return life.filter(({ at }) => at - born >= warmUp);
  });
  const longest = lives.sort((a, b) => span(b) - span(a))[0] ?? [];
  if (span(longest) + warmUp < judged) return undefined;
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
  const rss = grown.end.rss - grown.start.rss;
  const files = grown.end.files - grown.start.files;
  if (rss > mostGrowth) faults.push(`upsync grew by ${rss.toFixed(1)} MiB, more than ${mostGrowth}`);
  if (files > mostFiles)
    faults.push(`upsync holds ${files} files more than at first, more than ${mostFiles}`);
  return faults;
}

function span(life: readonly Sample[]): number {
  return (life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0);
}

function typical(samples: readonly Sample[]): Growth['start'] {
  return { rss: median(samples.map(({ rss }) => rss)), files: median(samples.map(({ files }) => files)) };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function slopeOf(life: readonly Sample[]): number {
  const minutes = life.map(({ at }) => at / 60_000);
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
  const [x, y] = [mean(minutes), mean(life.map(({ rss }) => rss))];
  const across = minutes.reduce((sum, at) => sum + (at - x) ** 2, 0);
  const along = life.reduce((sum, { at, rss }) => sum + (at / 60_000 - x) * (rss - y), 0);
  return across === 0 ? 0 : along / across;
}
