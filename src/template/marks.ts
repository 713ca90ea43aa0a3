import { ProblemError } from '../pipeline/problem.ts';
import { pieces } from '../syntax/pieces.ts';
import { calledBy } from './called.ts';
import type { TemplateUpstream } from './it.ts';
import { isPlain } from './quote.ts';

/** A value, and where a template wrote it. */
export interface Written {
  readonly value: string;
  /** `file:line` of the template. */
  readonly where: string;
}

/*
 * A mark is a private character, a number, another one, the value, and a third. To nginx all three are
 * ordinary characters, and no value may hold one (quote.ts).
 */
const MARK = /\u{E000}(\d+)\u{E001}([^\u{E002}]*)\u{E002}/gu;

/** The `number`-th value that was written, in a mark that goes with it wherever the template puts it. */
export function marked(text: string, number: number): string {
  return `\u{E000}${number}\u{E001}${text}\u{E002}`;
}

/**
 * The text without its marks. Throws ProblemError where nginx would not read a whole value as part of one
 * word (or one comment): such a value could end a directive and begin another. It names the template's
 * line and, where an instance brought the value along, that one.
 */
export function unmark(
  text: string,
  written: readonly Written[],
  upstreams: readonly TemplateUpstream[],
  foreign: ReadonlyMap<string, string>,
): string {
  // Plain values are whole wherever they stand, but for a program in another language.
  if (text.includes('_by_lua') || written.some(({ value }) => !isPlain(value))) {
    const broken = firstBroken(text);
    if (broken !== undefined) throw breach(written[broken], upstreams, foreign);
  }
  return text.replace(MARK, '$2');
}

/** The number of the first mark that is not whole within one word or comment. */
function firstBroken(text: string): number | undefined {
  const spans = pieces(text);
  let span = spans.next().value;
  for (const { index, 0: mark, 1: number } of text.matchAll(MARK)) {
    while (span !== undefined && span.end <= index) span = spans.next().value;
    const whole = span !== undefined && span.start <= index && index + mark.length <= span.end;
    if (!whole || !['word', 'quoted', 'comment'].includes(span?.kind ?? '')) return Number(number);
  }
  return undefined;
}

function breach(
  written: Written | undefined,
  upstreams: readonly TemplateUpstream[],
  foreign: ReadonlyMap<string, string>,
): ProblemError {
  const { value = '', where = 'a template' } = written ?? {};
  const servers = upstreams.flatMap((upstream) => upstream.servers);
  const owner = servers.find((server) =>
    [...Object.values(server), ...Object.values(server.meta)].includes(value),
  );
  const whose = owner === undefined || foreign.has(value) ? '' : ` of ${owner.key}`;
  return new ProblemError({
    where,
    what: `${calledBy(foreign)(value)}${whose} would not be read as part of one word of nginx's configuration`,
    remedy: 'let <%= … %> stand apart, or write the whole word with one',
  });
}
