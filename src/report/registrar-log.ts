import type { Clock } from '../pipeline/ports.ts';
import { sentence } from '../pipeline/problem.ts';
import type { RegistrarEvent, RegistrarReport, Side } from '../registrar/event.ts';
import { actionLine } from './action-line.ts';
import { ended, eventLine } from './event-line.ts';
import { duration, type Line } from './line.ts';

/** What lasts is said once, and again after this long, in ms. */
const reminder = 60_000;

/** The registrar's log: one line per thing that a person wants to read, quiet when nothing happens. */
export function createRegistrarLog(write: (line: Line) => void, clock: Clock): RegistrarReport {
  const said = new Map<Side, { readonly what: string; readonly at: number }>();
  let notices = new Set<string>();
  let services: number | undefined;

  return (event) => {
    switch (event.type) {
      case 'wrote':
        return write(actionLine(event.action));
      case 'inStep':
        return sayInStep(event);
      case 'lost':
        return sayLost(event);
      case 'found': {
        said.delete(event.side);
        const text = `${names[event.side]} again after ${duration(event.after)}`;
        return write({ level: 'info', text, fields: { event: 'found', side: event.side } });
      }
      case 'process':
      case 'problem':
        return write(eventLine(event, clock.now()));
    }
  };

  function sayInStep(event: Extract<RegistrarEvent, { type: 'inStep' }>): void {
    const fresh = new Map(event.notices.map((notice) => [`${notice.what}  ${notice.reason}`, notice]));
    for (const [text, notice] of fresh) {
      if (!notices.has(text)) write({ level: 'warn', text, fields: { event: 'notice', ...notice } });
    }
    notices = new Set(fresh.keys());
    const fields = { event: 'inStep', services: event.services };
    const text = `${event.services} ${event.services === 1 ? 'service is' : 'services are'} in step`;
    write({ level: services === event.services ? 'debug' : 'info', text, fields });
    services = event.services;
  }

  function sayLost({
    side,
    problem,
    failures,
    since,
    retryIn,
  }: Extract<RegistrarEvent, { type: 'lost' }>): void {
    // Numbers that grow are no news.
    const what = problem.what.replaceAll(/\d+/g, '#');
    const last = said.get(side);
    if (last?.what === what && clock.now() - last.at < reminder) return;
    said.set(side, { what, at: clock.now() });
    const lasting = failures === 1 ? '' : `, for ${duration(clock.now() - since)} now`;
    const text = `${ended(sentence(problem))} ${meanwhile[side]} meanwhile${lasting}.`;
    write({ level: 'warn', text, fields: { event: 'lost', side, failures, retryIn, ...problem } });
  }
}

const names: Readonly<Record<Side, string>> = {
  docker: 'Docker answers',
  events: 'Docker tells of changes',
  consul: 'Consul answers',
};

const meanwhile: Readonly<Record<Side, string>> = {
  docker: 'Services stay as they are',
  events: 'Changes are seen late',
  consul: 'Services stay as they are',
};
