/** @typedef {import('../src/status/schema.ts').Status} Status */
/**
 * What `/events` sends as `change`: whole keys, and in the groups single entries; null takes one away.
 * @typedef {Partial<Omit<Status, 'queries' | 'upstreams' | 'releases'>> & {
 *   readonly queries?: Readonly<Record<string, Status['queries'][string] | null>>,
 *   readonly upstreams?: Readonly<Record<string, Status['upstreams'][string] | null>>,
 *   readonly releases?: Readonly<Record<string, Status['releases'][string] | null>>,
 * }} Change
 */

/**
 * The status after a change. What did not change stays the same object: that is how the page knows what to
 * leave alone.
 * @param {Status} status
 * @param {Change} change
 * @returns {Status}
 */
export function applyChange(status, change) {
  return {
    ...status,
    ...change,
    queries: merge(status.queries, change.queries),
    upstreams: merge(status.upstreams, change.upstreams),
    releases: merge(status.releases, change.releases),
  };
}

/**
 * @template {object} T
 * @param {Record<string, T>} before
 * @param {Readonly<Record<string, T | null>> | undefined} change
 * @returns {Record<string, T>}
 */
function merge(before, change) {
  if (change === undefined) return before;
  const entries = new Map(Object.entries(before));
  for (const [name, entry] of Object.entries(change)) {
    if (entry === null) entries.delete(name);
    else entries.set(name, entry);
  }
  return Object.fromEntries(entries);
}
