import { namedAtMost } from '../pipeline/few.ts';
import type { QueryKey } from '../pipeline/query.ts';
import { duration } from '../report/line.ts';
import { followedQueries } from './followed.ts';
import type { Status } from './schema.ts';
import type { QueryState, State } from './state.ts';

/** Beyond what nginx may take for a proof, a pass that lasts longer than this hangs; ms. A test takes 30 s at most. */
const passLimit = 60_000;
/** nginx is looked at every second. */
const lookLimit = 60_000;

/** The queries that upstreams depend on, with what is known of each. */
function followed({ configured, queries, serving }: State): (QueryState | undefined)[] {
  const keys = new Set(followedQueries(configured, serving?.view.upstreams).flat());
  return [...keys].map((key) => queries.get(key));
}

/**
 * The loop lives: no pass hangs, and the look at nginx comes round. Consul and nginx may both be away, since
 * to be restarted would help nobody then.
 */
export function isAlive({ startedAt, configured, pulse }: State, now: number): boolean {
  const { passSince, lookedAt = startedAt } = pulse;
  const patience = 2 * (configured?.terms.proofTimeout ?? 0);
  const hangs = passSince !== undefined && now - passSince > passLimit + patience;
  return !hangs && now - lookedAt <= lookLimit + patience;
}

/**
 * Why it is not ready; empty where it is. Ready means that nginx was seen to run the release in force, and
 * that its data is fresh: every service was answered for since the start, and Consul has not been silent,
 * nor a change kept from nginx, for longer than `consul.max_stale`.
 */
export function notReady(state: State, now: number): string[] {
  const { process, configured, nginx, serving, blocked } = state;
  const limit = configured?.terms.maxStale ?? 0;
  const reasons: string[] = [];
  if (process === 'stopping') reasons.push('upsync is stopping');
  if (nginx.state === 'unknown') reasons.push('nginx has not been looked at yet');
  else if (nginx.state === 'stopped') reasons.push('nginx is not running');
  else if (serving === undefined) reasons.push('there is no release yet');
  else if (nginx.release !== serving.digest) reasons.push(`nginx does not run release ${serving.digest}`);
  if (configured === undefined) reasons.push('the configuration is not read yet');
  const unserved = unservedOf(state, now, limit);
  const rest = unserved.length - namedAtMost;
  reasons.push(...unserved.slice(0, namedAtMost), ...(rest > 0 ? [`and so it is with ${rest} more`] : []));
  if (blocked !== undefined && now - blocked.since > limit)
    reasons.push(`changes have been kept from nginx for ${duration(now - blocked.since)}`);
  return reasons;
}

/** Why a service is not followed well, in any of its datacenters. */
function unservedOf({ configured, serving, queries }: State, now: number, limit: number): string[] {
  const reasonOf = (key: QueryKey) => {
    const { answer, failing } = queries.get(key) ?? {};
    if (answer === undefined) return `${key} has not been answered for since upsync started`;
    return failing !== undefined && now - failing.since > limit
      ? `${key} has failed for ${duration(now - failing.since)}`
      : undefined;
  };
  const reasons = followedQueries(configured, serving?.view.upstreams).flatMap((keys) => {
    const each = keys.map(reasonOf);
    return each.includes(undefined) ? [] : (each[0] ?? []);
  });
  return [...new Set(reasons)];
}

/** Of the services that are followed: all, some or none are being answered for. */
export function consulState(state: State): Status['consul'] {
  const queries = followed(state);
  const failing = queries.filter((query) => query?.failing !== undefined).length;
  if (queries.every((query) => query?.answer === undefined && query?.failing === undefined)) return 'silent';
  if (failing === 0) return 'answering';
  return failing === queries.length ? 'failing' : 'partly';
}
