import type { Event } from '../pipeline/event.ts';
import { few, namedAtMost } from '../pipeline/few.ts';
import type { Notice, Outcome } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import { type Problem, sentence } from '../pipeline/problem.ts';
import { eventLine } from './event-line.ts';
import { duration, type Line } from './line.ts';
import { noticeLine } from './notice-line.ts';

type UnitEvent = Extract<Event, { type: 'unit' }>;

/** What lasts is said once, and again after this long, in ms. */
const reminder = 60_000;

/**
 * What becomes of the files of other programs. Who joined and left, and what is waited for, is said of nginx: here it
 * is the same.
 */
export function createUnitLog(write: (line: Line) => void, clock: Clock): (event: UnitEvent) => void {
  /** By unit, the lines that say what is wrong, and when they were written last. */
  const said = new Map<string, Map<string, number>>();
  /** By unit, the notices of its last pass. */
  const noted = new Map<string, ReadonlySet<string>>();

  return ({ unit, event }) => {
    const own = ({ level, text, fields }: Line) =>
      write({ level, text: `${unit}  ${text}`, fields: { ...fields, unit } });
    if (event.type === 'problem' || event.type === 'progress') return own(eventLine(event, clock.now()));
    if (event.type !== 'reconciled') return;
    const { outcome, notices, changeToLive } = event;
    if (outcome.kind === 'published' || outcome.kind === 'unchanged') said.delete(unit);
    if (outcome.kind !== 'waiting') sayNotices(unit, notices, own);
    for (const line of unitLines(outcome, changeToLive)) {
      const lasts = line.level === 'error' || line.level === 'warn';
      if (!lasts || !wasSaid(unit, line.text)) own(line);
    }
  };

  function sayNotices(unit: string, notices: readonly Notice[], own: (line: Line) => void): void {
    const before = noted.get(unit);
    const lines = notices.map((notice) => noticeLine(notice, clock.now()));
    for (const line of lines) if (before?.has(line.text) !== true) own(line);
    noted.set(unit, new Set(lines.map(({ text }) => text)));
  }

  function wasSaid(unit: string, text: string): boolean {
    const lately = said.get(unit) ?? new Map<string, number>();
    said.set(unit, lately);
    const now = clock.now();
    const at = lately.get(text);
    if (at !== undefined && now - at < reminder) return true;
    lately.set(text, now);
    return false;
  }
}

/** What a pass did, in words. */
export function unitLines(outcome: Outcome, changeToLive: number | undefined): Line[] {
  switch (outcome.kind) {
    case 'waiting':
    case 'superseded':
    case 'held':
    case 'accepted':
      return [];
    case 'lacking': {
      const { missing } = outcome;
      const text = `waiting for ${few(missing)}, which templates ask for; its files stay as they are`;
      const fields = { event: 'lacking', missing: missing.slice(0, namedAtMost), count: missing.length };
      return [{ level: 'warn', text, fields }];
    }
    case 'unchanged': {
      const { digest } = outcome.release;
      return [{ level: 'debug', text: 'nothing to change', fields: { event: 'unchanged', digest } }];
    }
    case 'rejected': {
      const text = `rejected at ${outcome.stage}, its files stay as they are`;
      return outcome.problems.map((problem) => failure('rejected', text, problem));
    }
    case 'rolledBack':
      return [failure('rolledBack', `rolled back to ${nameOf(outcome.to)}`, outcome.problem)];
    case 'failed':
      return [failure('failed', `failed at ${outcome.step}, tried again soon`, outcome.problem)];
    case 'published': {
      const { release, proof, steps } = outcome;
      const { digest } = release;
      const when = changeToLive === undefined ? '' : ` ${duration(changeToLive)} after the change`;
      const by = proof.kind === 'proven' && proof.by === 'files' ? 'write' : 'reload';
      const times = [['test', steps.test] as const, [by, steps.prove] as const]
        .flatMap(([step, ms]) => (ms === undefined ? [] : `${step} ${duration(ms)}`))
        .join(', ');
      const text = `release ${digest} is in place${when} (${times})`;
      return [{ level: 'info', text, fields: { event: 'published', digest, proof, changeToLive, steps } }];
    }
  }
}

function nameOf(to: { readonly digest: string } | undefined): string {
  if (to === undefined) return 'nothing';
  return to.digest === 'original' ? 'the files from before upsync' : `release ${to.digest}`;
}

function failure(event: string, text: string, problem: Problem): Line {
  return { level: 'error', text: `${text}: ${sentence(problem)}`, fields: { event, ...problem } };
}
