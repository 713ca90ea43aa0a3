import type { Result } from './measure.ts';
import { ms } from './table.ts';

/** One step in words. */
export function outcome({ step, noticed, live, tally, reloads }: Result): string {
  const { sent, losses, retried, rerouted } = tally;
  const parts = [
    ...(noticed === undefined ? [] : [`noticed after ${ms(noticed)}`]),
    `live ${ms(live)} ${noticed === undefined ? `after ${step.since}` : 'later'}`,
    ...(sent === 0 ? [] : [`${sent} requests, ${losses.length} lost`]),
    ...(retried === 0 ? [] : [`${retried} retried`]),
    ...(rerouted === 0 ? [] : [`${rerouted} rerouted`]),
    count(reloads, 'reload'),
  ];
  return parts.join(', ');
}

/** What the table's columns mean, and what the hard kill cost. */
export function footnotes(results: readonly Result[]): readonly string[] {
  return [
    'noticed: until Consul found out by itself.',
    'change→live: from when Consul knew, until all that joined have answered through nginx, or until the last answer of an nginx worker that still knew what left.',
    'retried: an idle connection closed just as the client used it; it asked again on a new one, as browsers do.',
    ...results.filter(({ step }) => step.kills !== undefined).map(killNote),
  ];
}

function killNote({ step, tally: { losses, rerouted } }: Result): string {
  const saved = `nginx rerouted ${count(rerouted, 'request')} that met the dead node`;
  return losses.length === 0
    ? `${step.name}: ${saved}; none was lost.`
    : `${step.name}: ${saved}; ${losses.length} under way on it were lost.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** The closing line. */
export function summary(results: readonly Result[], promises: readonly string[]): string {
  if (promises.length > 0) return `The promise was broken: ${promises.join('; ')}.`;
  const sent = results.reduce((sum, { tally }) => sum + tally.sent, 0);
  const lost = results.reduce((sum, { tally }) => sum + tally.losses.length, 0);
  const slowest = Math.max(...results.map(({ live }) => live));
  return `nginx followed each change within ${ms(slowest)}, with ${lost} of ${sent.toLocaleString('en')} requests lost.`;
}
