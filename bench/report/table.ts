import type { Measurement, Section } from './results.ts';
import { summarise } from './statistics.ts';

/** One line of a table: what was measured, and what came out for each tool. */
interface Row {
  readonly what: string;
  readonly cells: readonly string[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** A scenario's figures: a row for each case and figure, a column for each tool, upsync first. */
export function tableOf({ measurements }: Section): Table {
  const all = new Set(measurements.map(({ tool }) => tool));
  const tools = [...all].sort((a, b) => Number(b === 'upsync') - Number(a === 'upsync'));
  // What is said of one case stands together.
  const cases = [...Map.groupBy(measurements, ({ of }) => of).values()].flat();
  const rows = Map.groupBy(cases, rowOf);
  return {
    head: ['', ...tools],
    rows: [...rows].map(([what, found]) => ({
      what,
      cells: tools.map((tool) => cell(found.find((one) => one.tool === tool))),
    })),
  };
}

function rowOf({ of, what }: Measurement): string {
  return of === '' ? what : `${of}: ${what}`;
}

/** `84 (81–90), p99 120 ms`: the median, the spread of the runs' medians, and the far end. */
export function cell(found: Measurement | undefined): string {
  if (found === undefined) return '';
  const summary = summarise(found.runs);
  if (summary === undefined) return found.absent ?? '';
  const { count, median, spread, p99, most } = summary;
  const [least, greatest] = spread.map(figure);
  const range = least === greatest ? '' : ` (${least}–${greatest})`;
  const perRun = count / found.runs.length;
  const end = p99 === undefined ? `, at most ${figure(most)}` : `, p99 ${figure(p99)}`;
  const unit = found.unit === '' ? '' : ` ${found.unit}`;
  return `${figure(median)}${range}${perRun > 1 ? end : ''}${unit}`;
}

/** Three digits are enough, and a comma parts thousands. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : 2).replace(/\.0+$/, '');
}

/** In columns, for a terminal. */
export function plain({ head, rows }: Table): string {
  const lines = [head, ...rows.map(({ what, cells }) => [what, ...cells])];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** For a README. */
export function markdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map(({ what, cells }) => line([what, ...cells])),
  ].join('\n');
}
