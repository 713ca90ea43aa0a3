import type { Result } from './measure.ts';

const header = ['step', 'noticed', 'change→live', 'sent', 'lost', 'retried', 'reloads'] as const;

/** The header and one line per step: the first column left, the others right. */
export function table(results: readonly Result[]): readonly string[] {
  const rows: readonly (readonly string[])[] = [header, ...results.map(cells)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function cells({ step, noticed, live, tally, reloads }: Result): readonly string[] {
  const { sent, losses, retried } = tally;
  return [
    step.name,
    noticed === undefined ? '–' : ms(noticed),
    ms(live),
    ...[sent, losses.length, retried, reloads].map(String),
  ];
}

export function ms(time: number): string {
  return `${String(Math.round(time)).replace(/\B(?=(\d{3})+$)/g, ',')} ms`;
}
