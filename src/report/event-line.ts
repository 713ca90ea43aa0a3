import type { Event } from '../pipeline/event.ts';
import { sentence } from '../pipeline/problem.ts';
import { duration, type Line } from './line.ts';
import { supervisedLine } from './supervised-line.ts';

/** Those that are no news, and say only how things stand. */
const silent = [
  'answeredSame',
  'forgotten',
  'configured',
  'found',
  'passBegan',
  'applied',
  'observed',
] as const;

type Silent = Extract<Event, { type: (typeof silent)[number] }>;

export function isSilent(event: Event): event is Silent {
  return silent.some((type) => type === event.type);
}

/** The line of every event but `reconciled`, whose lines outcome-lines.ts writes. */
export function eventLine(
  event: Exclude<Event, Silent | { type: 'reconciled' | 'unit' }>,
  now: number,
): Line {
  switch (event.type) {
    case 'answered': {
      const { query, of, instances, index, ms } = event;
      const text = `${query}  ${found(of, instances)}, index ${index}`;
      return { level: 'debug', text, fields: { event: 'answered', query, instances, index, ms } };
    }
    case 'queryFailed': {
      const { query, problem, failures, since, retryIn, meanwhile = 'nothing changes' } = event;
      const lasting = failures === 1 ? '' : `, for ${duration(now - since)} now`;
      const then = `${meanwhile.charAt(0).toUpperCase()}${meanwhile.slice(1)} meanwhile${lasting}.`;
      const text = `${query}  ${ended(sentence(problem))} ${then}`;
      return { level: 'warn', text, fields: { event: 'queryFailed', query, failures, retryIn, ...problem } };
    }
    case 'queryRecovered': {
      const { query, after } = event;
      const text = `${query}  Consul answers again after ${duration(after)}`;
      return { level: 'info', text, fields: { event: 'queryRecovered', query, after } };
    }
    case 'watching': {
      const { by, queries, most } = event;
      const text =
        by === 'own'
          ? `each of ${queries} queries has a connection to Consul of its own again`
          : `${queries} queries for ${most} connections to Consul: they share what tells of changes (over https each has a query of its own)`;
      return { level: 'info', text, fields: { event: 'watching', by, queries, most } };
    }
    case 'progress': {
      const { step, part } = event;
      return {
        level: 'debug',
        text: `step ${step}${part === undefined ? '' : `: ${part}`}`,
        fields: { event: 'progress', step, part },
      };
    }
    case 'process': {
      const { state, detail } = event;
      return {
        level: 'info',
        text: `${state}${detail === '' ? '' : `: ${detail}`}`,
        fields: { event: state },
      };
    }
    case 'supervised':
      return supervisedLine(event.nginx, now);
    case 'replaced': {
      const { path, saved } = event;
      const text = `${path} is upsync's from now on: what stood there is kept in ${saved}`;
      return { level: 'warn', text, fields: { event: 'replaced', path, saved } };
    }
    case 'problem':
      return {
        level: 'error',
        text: sentence(event.problem).replaceAll(/:?\n\s*/g, '; '),
        fields: { event: 'problem', ...event.problem },
      };
    case 'placed': {
      const { fleet, place, of, after } = event;
      const when = after === 0 ? '' : ` after ${duration(after)}`;
      const text = `has place ${place} of ${of} in fleet ${fleet}${when}`;
      return { level: after === 0 ? 'debug' : 'info', text, fields: { event: 'placed', place, of, after } };
    }
    case 'unplaced': {
      const { problem, after } = event;
      return { level: 'error', text: sentence(problem), fields: { event: 'unplaced', after, ...problem } };
    }
    case 'listening': {
      const { at, problem } = event;
      if (problem === undefined)
        return { level: 'info', text: `status is at ${at}`, fields: { event: 'listening', at } };
      const text = `no status at ${at}, tried again soon: ${sentence(problem)}`;
      return { level: 'error', text, fields: { event: 'notListening', at, ...problem } };
    }
    case 'gateway': {
      const { state, detail, problem } = event;
      const fields = { event: 'gateway', state, ...problem };
      const trouble = problem === undefined ? '' : sentence(problem);
      if (state === 'stopped') return { level: 'warn', text: trouble || 'nginx is not running', fields };
      if (problem === undefined) return { level: 'info', text: `nginx runs: ${detail}`, fields };
      return { level: 'warn', text: `nginx runs: ${detail}, but ${trouble}`, fields };
    }
  }
}

function found(of: Extract<Event, { type: 'answered' }>['of'], count: number): string {
  switch (of) {
    case 'service':
    case 'node':
      return `${count} registered`;
    case 'key':
      return count === 0 ? 'no such key' : 'it is there';
    case 'tree':
      return `${count} key${count === 1 ? '' : 's'}`;
    case 'services':
    case 'nodes':
      return `${count} of them`;
  }
}

/** With a full stop, unless it ends already. */
export function ended(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
