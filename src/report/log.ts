import type { Event, Report } from '../pipeline/event.ts';
import type { Notice } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import { eventLine, isSilent } from './event-line.ts';
import type { Line } from './line.ts';
import { endLine, noticeLine, topicOf } from './notice-line.ts';
import { outcomeLines } from './outcome-lines.ts';
import { createUnitLog } from './unit-log.ts';

/** What lasts is said once, and again after this long, in ms. */
const reminder = 60_000;
const waitingReminder = 5_000;
/** Waiting shorter than this is not worth a line. */
const patience = 1_000;

/**
 * The drill log: one line per thing that a person wants to read while nodes come and go, quiet when
 * nothing happens. It folds events and asks nobody.
 */
export function createLog(write: (line: Line) => void, clock: Clock): Report {
  const said = new Map<string, { identity: string; at: number }>();
  const sayUnit = createUnitLog(write, clock);
  let notices: ReadonlyMap<string, Notice> = new Map();

  return (event) => {
    if (isSilent(event)) return;
    switch (event.type) {
      case 'reconciled':
        // Who waits has not looked yet.
        if (event.outcome.kind !== 'waiting') sayNotices(event.notices);
        return sayOutcome(event);
      case 'unit':
        return sayUnit(event);
      case 'process':
        // The problem has told it.
        if (event.state === 'notReconfigured') return;
        // Another configuration has other upstreams.
        if (event.state === 'reconfigured') notices = new Map();
        return write(eventLine(event, clock.now()));
      case 'queryFailed':
        // Numbers that grow are no news.
        return sayOnce(
          event.query,
          event.problem.what.replaceAll(/\d+/g, '#'),
          eventLine(event, clock.now()),
          reminder,
        );
      case 'unplaced':
        return sayOnce('fleet', event.problem.what, eventLine(event, clock.now()), reminder);
      case 'placed':
        said.delete('fleet');
        return write(eventLine(event, clock.now()));
      case 'listening':
        if (event.problem !== undefined)
          return sayOnce('listening', event.problem.what, eventLine(event, clock.now()), reminder);
        said.delete('listening');
        return write(eventLine(event, clock.now()));
      case 'queryRecovered':
        said.delete(event.query);
        return write(eventLine(event, clock.now()));
      default:
        return write(eventLine(event, clock.now()));
    }
  };

  /** Writes a line about a lasting state, unless it was written lately. */
  function sayOnce(topic: string, identity: string, line: Line, again: number): void {
    const last = said.get(topic);
    const now = clock.now();
    if (last?.identity === identity && now - last.at < again) return;
    said.set(topic, { identity, at: now });
    write(line);
  }

  /** What lasts is said as it begins, and as it ends. */
  function sayNotices(fresh: readonly Notice[]): void {
    const current = new Map(fresh.map((notice) => [JSON.stringify({ ...notice, until: undefined }), notice]));
    for (const [identity, notice] of current) {
      if (!notices.has(identity)) write(noticeLine(notice, clock.now()));
    }
    const lasting = new Set(fresh.map(topicOf));
    for (const notice of notices.values()) {
      if (!lasting.has(topicOf(notice))) write(endLine(notice));
    }
    notices = current;
  }

  function forgetOutcomes(): void {
    for (const topic of said.keys()) if (topic.startsWith('outcome')) said.delete(topic);
  }

  function sayOutcome({ outcome, changeToLive }: Extract<Event, { type: 'reconciled' }>): void {
    const lines = outcomeLines(outcome, changeToLive, clock.now());
    switch (outcome.kind) {
      case 'waiting':
        if (clock.now() - outcome.since < patience) return;
        for (const line of lines) sayOnce('outcome', 'waiting', line, waitingReminder);
        return;
      case 'lacking':
        if (clock.now() - outcome.since < patience) return;
        for (const line of lines) sayOnce('outcome', `lacking ${outcome.missing.join()}`, line, reminder);
        return;
      case 'rejected':
      case 'rolledBack':
      case 'failed':
        for (const line of lines) sayOnce(`outcome ${line.text}`, line.text, line, reminder);
        return;
      case 'held':
        // Mostly the wait for the next try of what failed: that goes on, and was said.
        for (const line of lines) {
          if (outcome.queued) sayOnce('outcome', 'queued', line, waitingReminder);
          else write(line);
        }
        return;
      case 'superseded':
        for (const line of lines) write(line);
        return;
      case 'unchanged':
      case 'accepted':
      case 'published':
        // What was put aside is tried again and again, and fails as it did.
        if (![...notices.values()].some(({ kind }) => kind === 'aside')) forgetOutcomes();
        for (const line of lines) write(line);
    }
  }
}
