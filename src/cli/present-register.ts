import { describeCheck } from '../registrar/check.ts';
import type { Comparison } from '../registrar/compare.ts';
import type { Service } from '../registrar/service.ts';
import { actionLine, addressOf } from '../report/action-line.ts';
import { printable } from '../report/line.ts';

/** One JSON document: what the agent is to hold, what would be written for that, and what is left out. */
export function presentComparisonJson({ desired, actions, notices }: Comparison): string {
  const services = desired.map(({ service }) => service);
  return `${JSON.stringify({ services, actions, notices }, undefined, 2)}\n`;
}

/**
 * What the agent is to hold (`+` new, `~` changed, `=` there already), what else would be written, what
 * is left out, and in the last line what it comes to.
 */
export function presentComparison({ desired, actions, notices }: Comparison): string {
  const signs = new Map(
    actions
      .filter((action) => action.kind === 'register')
      .map(({ service, before }) => [service.id, before === undefined ? '+' : '~']),
  );
  const others = actions.filter(({ kind }) => kind !== 'register');
  const parts = [
    table(desired.map(({ service }) => [signs.get(service.id) ?? '=', ...cells(service)])),
    others.map((action) => actionLine(action).text),
    notices.map(({ what, reason }) => `${what}  ${reason}`),
    [summary([...signs.values()], others.filter(({ kind }) => kind === 'deregister').length)],
  ];
  const texts = parts.filter((lines) => lines.length > 0).map((lines) => lines.map(printable).join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function cells(service: Service): readonly string[] {
  const { name, id, tags, check } = service;
  const tagged = tags.length === 0 ? 'no tags' : tags.join(', ');
  return [name, addressOf(service), id, tagged, check === undefined ? 'no check' : describeCheck(check)];
}

function summary(signs: readonly string[], removed: number): string {
  const count = (sign: string) => signs.filter((one) => one === sign).length;
  return `${count('+')} to register, ${count('~')} to change, ${removed} to remove. Nothing was written.`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const padded = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return padded.map((row) => row.join('  ').trimEnd());
}
