import { type Growth, growth, median, mostGrowth, mostRss, type Sample } from './memory.ts';
import { inWords, type Operation } from './operation.ts';
import type { Fault, Tally } from './tally.ts';

/** All that a run came to. Times are by `performance.now()`. */
export interface Results {
  readonly seed: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly done: readonly { readonly at: number; readonly operation: Operation }[];
  readonly tally: Tally;
  /** How long nginx took to answer as it should after each batch, in ms. */
  readonly settled: readonly number[];
  /** Answers by whoever should not, or nobody's by whoever should. */
  readonly wrong: number;
  /** Fresh requests by the checker. */
  readonly checked: number;
  readonly reloads: number;
  readonly memory: readonly Sample[];
  /** The last that upsync said. */
  readonly log: readonly string[];
  /** All that must not be. */
  readonly faults: readonly Fault[];
}

const named = 20;

export function report(results: Results): string {
  const { seed, startedAt, endedAt, done, tally, settled, wrong, checked, reloads, memory, faults } = results;
  const kinds = Map.groupBy(done, ({ operation }) => operation.kind);
  const counts = [...kinds].map(([kind, { length }]) => `${kind} ${length}`).sort();
  const sorted = settled.toSorted((a, b) => a - b);
  const rows = [
    ['seed', String(seed)],
    ['time', `${Math.round((endedAt - startedAt) / 1000)} s, ${settled.length} quiet points`],
    ['operations', `${done.length}: ${counts.join(', ')}`],
    [
      'requests',
      `${tally.sent}: ${tally.answered} answered, ${tally.unavailable} answered 503 for want of an instance, ` +
        `${tally.explained} failed on what the soak had just stopped; ${tally.retried} retried`,
    ],
    ['checked', `${checked} more, over new connections`],
    ['wrong', String(wrong)],
    ['lost', String(tally.lost.length)],
    [
      'settled',
      `after ${Math.round(median(sorted))} ms (median), ${Math.round(sorted.at(-1) ?? 0)} ms (longest)`,
    ],
    ['reloads', String(reloads)],
    ['memory', memoryInWords(memory)],
  ];
  const table = rows.map(([name = '', text = '']) => `${name.padEnd(11)} ${text}`).join('\n');
  return faults.length === 0 ? `${table}\n` : `${table}\n\n${faultsInWords(results)}`;
}

function memoryInWords(samples: readonly Sample[]): string {
  const most = Math.max(0, ...samples.map(({ rss }) => rss));
  const grown = growth(samples);
  const taken = `at most ${most.toFixed(0)} MiB taken (bound ${mostRss})`;
  return `${grown === undefined ? 'no upsync lived long enough for a trend' : trend(grown)}; ${taken}`;
}

function trend({ minutes, start, end, slope }: Growth): string {
  const heap = `heap ${start.heap.toFixed(1)} → ${end.heap.toFixed(1)} MiB (bound +${mostGrowth})`;
  const files = `${start.files} → ${end.files} open files`;
  return `over ${minutes.toFixed(1)} min ${heap}, ${slope.toFixed(2)} MiB a minute, ${files}`;
}

/** The first faults, and what was done until the first of them. */
function faultsInWords({ seed, startedAt, done, faults, log }: Results): string {
  const at = (time: number) => `${((time - startedAt) / 1000).toFixed(3).padStart(8)} s`;
  const first = faults[0]?.at ?? 0;
  const before = done.filter((one) => one.at <= first).slice(-named);
  return [
    `The first faults of ${faults.length}:`,
    ...faults.slice(0, named).map((fault) => `${at(fault.at)}  ${fault.what}`),
    '',
    'What was done before the first one:',
    ...before.map((one) => `${at(one.at)}  ${inWords(one.operation)}`),
    '',
    "The last lines of upsync's log:",
    ...log,
    '',
    `The same steps again: npm run soak -- --seed ${seed}\n`,
  ].join('\n');
}
