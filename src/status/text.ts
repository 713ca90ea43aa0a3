import { few } from '../pipeline/few.ts';
import { sentence } from '../pipeline/problem.ts';
import { duration, printable } from '../report/line.ts';
import type { Status } from './schema.ts';

/** A release's line names so many servers of an upstream, and so many upstreams. */
const named = 3;
const shownReleases = 5;

export interface TextOptions {
  readonly coloured: boolean;
}

/** The status for a terminal: a line for each upstream, what is not as it should be, and the last releases. */
export function statusText(status: Status, { coloured }: TextOptions = { coloured: false }): string {
  const paint = coloured ? colours : plain;
  const blocks = [
    headLines(status, paint),
    table(['UPSTREAM', 'SERVERS', 'FROM', 'IN CONSUL', 'ANSWERED'], upstreamRows(status, paint)),
    table(['UNIT', 'RELEASE', 'SINCE', 'STATE'], unitRows(status, paint)),
    status.warnings.map((warning) => paint.warn(`! ${printable(warning)}`)),
    table(['RELEASE', 'WHEN', 'LIVE AFTER', 'TEST', 'BY', 'WHAT'], releaseRows(status, paint)),
    problemLines(status),
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

type Paint = Readonly<Record<'good' | 'warn' | 'bad' | 'dim', (text: string) => string>>;

const plain: Paint = { good: same, warn: same, bad: same, dim: same };
const colours: Paint = { good: ansi(32), warn: ansi(33), bad: ansi(31), dim: ansi(2) };

function same(text: string): string {
  return text;
}

function ansi(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

function headLines(status: Status, paint: Paint): string[] {
  const { version, time, startedAt, ready, notReady, settings, consul, waiting } = status;
  const state = ready ? paint.good('ready') : paint.bad(printable(`not ready: ${notReady.join(', ')}`));
  return [
    `upsync ${version}, up ${duration(time - startedAt)}, ${state}`,
    printable(nginxWords(status)),
    printable(`Consul at ${settings['consul.address'] ?? '?'} ${consulWords[consul]}`),
    ...(waiting === null ? [] : [printable(`waiting: ${waiting.why}`)]),
  ];
}

function nginxWords({
  nginx: { state, via, release, draining, own },
  counts: { reloads, pushes },
}: Status): string {
  if (state === 'unknown') return 'nginx has not been looked at yet';
  if (state === 'stopped') return 'nginx is not running';
  const drain = draining === 0 ? '' : `, ${draining} old generation${draining === 1 ? ' drains' : 's drain'}`;
  return `nginx runs ${release === null ? 'none of our releases' : `release ${release}`}${drain}${ownWords(own)}${wayWords(via, sum(reloads), sum(pushes))}`;
}

function ownWords(own: Status['nginx']['own']): string {
  return own?.pid == null ? '' : `, ${own.state} as pid ${own.pid}`;
}

/** How changes reach it, and how often they did so far. */
function wayWords(via: Status['nginx']['via'], reloads: number, pushes: number): string {
  if (via === null) return '';
  const reloaded = `${reloads} reload${reloads === 1 ? '' : 's'}`;
  if (via === 'reload' && pushes === 0) return `; ${reloaded}`;
  return `; changes by ${via}: ${pushes} push${pushes === 1 ? '' : 'es'}, ${reloaded}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

const consulWords: Readonly<Record<Status['consul'], string>> = {
  silent: 'has not answered yet',
  answering: 'answers',
  partly: 'answers in part',
  failing: 'does not answer well',
};

function upstreamRows({ upstreams, queries, time }: Status, paint: Paint): Cell[][] {
  return Object.entries(upstreams).map(([name, { protocol, up, servers, origin, query }]) => {
    const { answer, failing } = queries[query] ?? { answer: null, failing: null };
    const down = servers.length - up;
    const color =
      origin === 'live' ? paint.good : origin === 'down' || origin === 'none' ? paint.bad : paint.warn;
    return [
      { text: protocol === 'http' ? name : `${name} (${protocol})` },
      { text: `${up} up${down === 0 ? '' : `, ${down} drain`}` },
      { text: origin, paint: color },
      { text: answer === null ? '-' : healthWords(answer.health) },
      failing === null
        ? { text: answer === null ? 'not yet' : `${duration(time - answer.at)} ago` }
        : { text: `fails for ${duration(time - failing.since)}`, paint: paint.bad },
    ];
  });
}

function unitRows({ units, time }: Status, paint: Paint): Cell[][] {
  return Object.entries(units).map(([name, { release, blocked, lacking, upToDate }]) => [
    { text: name },
    { text: release?.digest ?? '-' },
    { text: release === null ? '-' : `${duration(time - release.at)} ago` },
    upToDate
      ? { text: 'up to date', paint: paint.good }
      : {
          text: blocked === null ? waitWords(lacking) : `${blockWords[blocked.by]} at ${blocked.at}`,
          paint: paint.bad,
        },
  ]);
}

function waitWords(lacking: readonly string[]): string {
  return lacking.length === 0 ? 'waits' : `waits for ${few(lacking)}`;
}

const blockWords = { rejected: 'rejected', rolledBack: 'rolled back', failed: 'fails' } as const;

function healthWords(health: Readonly<Record<string, number>>): string {
  const parts = Object.entries(health).flatMap(([state, count]) => (count === 0 ? [] : `${count} ${state}`));
  return parts.length === 0 ? '0 registered' : parts.join(', ');
}

function releaseRows({ releases, time }: Status, paint: Paint): Cell[][] {
  return Object.values(releases)
    .slice(-shownReleases)
    .reverse()
    .map(({ digest, at, result, changeToLive, steps, by, changes, problem, times }) => [
      { text: digest, ...(result === 'rolledBack' ? { paint: paint.bad } : {}) },
      { text: `${duration(time - at)} ago` },
      { text: result === 'rolledBack' ? 'rolled back' : ms(changeToLive) },
      { text: ms(steps.test ?? null) },
      { text: by === null ? '-' : `${by} ${ms(steps.prove ?? null)}` },
      {
        text:
          problem === null
            ? changeWords(changes)
            : `${sentence({ what: problem.what })}${times === 1 ? '' : ` (${times} times)`}`,
      },
    ]);
}

function ms(value: number | null): string {
  return value === null ? '-' : duration(value);
}

type Changes = Status['releases'][string]['changes'];

function changeWords(changes: Changes): string {
  if (changes.length === 0) return 'the same servers';
  const words = changes.slice(0, named).map(({ upstream, joined, left, changed, gone }) => {
    if (gone) return `${upstream} is gone`;
    const all = [...names('+', joined), ...names('−', left), ...names('~', changed)];
    return `${upstream} ${all.join(' ')}`;
  });
  const more = changes.length - words.length;
  return `${words.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function names(sign: string, { count, servers }: Changes[number]['joined']): string[] {
  if (count === 0) return [];
  return count > named ? [`${sign}${count}`] : servers.map(({ address }) => `${sign}${address}`);
}

function problemLines({ problems, time }: Status): string[] {
  return problems
    .slice(-3)
    .reverse()
    .map(({ at, problem: { what, where } }) =>
      printable(`${duration(time - at)} ago: ${where === null ? '' : `${where}: `}${what}`),
    );
}

interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Columns as wide as their widest cell; nothing where there is no row. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  if (rows.length === 0) return [];
  const all: readonly (readonly Cell[])[] = [head.map((text) => ({ text })), ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => printable(row[at]?.text ?? '').length)));
  return all.map((row) =>
    row
      .map(({ text, paint = same }, at) => {
        const shown = printable(text);
        const padding = at === row.length - 1 ? '' : ' '.repeat((widths[at] ?? 0) - shown.length);
        return `${paint(shown)}${padding}`;
      })
      .join('  '),
  );
}
