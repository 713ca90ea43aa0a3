import { addressOf } from '../pipeline/instance.ts';
import type { UpstreamChange } from '../pipeline/outcome.ts';
import type { Server } from '../pipeline/view.ts';
import type { ChangeRecord, Named, ReleaseRecord } from './state.ts';

/** So many are remembered. */
const history = 50;
/** A release may name so many servers in all; the rest is counted. */
const namedServers = 100;
const namedUpstreams = 50;

/** The history with one more; a release that is rolled back again and again stays one entry. */
export function withRecord(
  releases: readonly ReleaseRecord[],
  record: Omit<ReleaseRecord, 'number' | 'times'>,
): readonly ReleaseRecord[] {
  const last = releases.at(-1);
  const again =
    last?.result === 'rolledBack' && record.result === 'rolledBack' && last.digest === record.digest;
  if (again) return [...releases.slice(0, -1), { ...record, number: last.number, times: last.times + 1 }];
  return [...releases, { ...record, number: (last?.number ?? 0) + 1, times: 1 }].slice(-history);
}

/** What a release changed, cut to a bounded size. */
export function changeRecords(changes: readonly UpstreamChange[]): readonly ChangeRecord[] {
  let room = namedServers;
  const name = (servers: readonly Server[]): Named => {
    const named = servers.slice(0, room);
    room -= named.length;
    return {
      count: servers.length,
      servers: named.map((server) => ({ address: addressOf(server), node: server.node })),
    };
  };
  return changes.slice(0, namedUpstreams).map(({ upstream, gone, up, joined, left, changed }) => ({
    upstream,
    gone,
    up,
    joined: name(joined),
    left: name(left),
    changed: name(changed.map(({ after }) => after)),
  }));
}
