import { addressOf } from '../pipeline/instance.ts';
import type { UpstreamChange } from '../pipeline/outcome.ts';
import type { Server } from '../pipeline/view.ts';
import type { Line } from './line.ts';

/** More servers than this are counted, not named. */
const named = 4;

/** So many upstreams have a line of their own: a first release may bring thousands. */
const namedUpstreams = 20;

/** One line an upstream: who joined, left and changed, and how many serve now. Names are aligned. */
export function changeLines(changes: readonly UpstreamChange[]): Line[] {
  const [own, others] = [changes.slice(0, namedUpstreams), changes.slice(namedUpstreams)];
  return [...linesOf(own), ...(others.length === 0 ? [] : [sum(others)])];
}

function sum(changes: readonly UpstreamChange[]): Line {
  const count = (of: 'joined' | 'left' | 'changed') =>
    changes.reduce((total, change) => total + change[of].length, 0);
  const [joined, left, changed] = [count('joined'), count('left'), count('changed')];
  return {
    level: 'info',
    text: `… and ${changes.length} more upstreams  +${joined} −${left} ~${changed}`,
    fields: { event: 'changedMore', upstreams: changes.length, joined, left, changed },
  };
}

function linesOf(changes: readonly UpstreamChange[]): Line[] {
  const width = Math.max(0, ...changes.map(({ upstream }) => upstream.length));
  return changes.map((change) => ({
    level: 'info',
    text: `${change.upstream.padEnd(width)}  ${describe(change)}`,
    fields: {
      event: 'changed',
      upstream: change.upstream,
      joined: change.joined.map(addressOf),
      left: change.left.map(addressOf),
      changed: change.changed.map(({ after }) => addressOf(after)),
      up: change.up,
      ...(change.found === true ? { found: true } : {}),
      ...(change.route === undefined ? {} : { route: change.route.after }),
    },
  }));
}

function describe(change: UpstreamChange): string {
  return [
    change.found === true ? 'discovered' : '',
    servers(change),
    change.route === undefined ? '' : routeWords(change.route),
    change.gone ? 'the upstream is gone' : `now ${change.up} up`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function routeWords({ before, after }: NonNullable<UpstreamChange['route']>): string {
  if (after === '') return `no route ${before} any more`;
  return before === '' ? `route ${after}` : `route ${before} → ${after}`;
}

function servers({ joined, left, changed }: UpstreamChange): string {
  if (joined.length + left.length + changed.length > named) {
    return [`+${joined.length} −${left.length}`, changed.length === 0 ? '' : `~${changed.length}`]
      .filter((part) => part !== '')
      .join(' ');
  }
  return [
    ...joined.map((server) => `+ ${place(server)}${server.state === 'down' ? ' in maintenance' : ''}`),
    ...left.map((server) => `− ${place(server)}${server.why === undefined ? '' : ` ${server.why}`}`),
    ...changed.map(({ before, after }) => `~ ${place(after)} ${difference(before, after)}`),
  ].join(', ');
}

function difference(before: Server, after: Server): string {
  if (before.state !== after.state)
    return after.state === 'down' ? 'drains (maintenance)' : 'is back from maintenance';
  return `weight ${before.weight} → ${after.weight}`;
}

function place(server: Server): string {
  return `${addressOf(server)} (${server.node})`;
}
