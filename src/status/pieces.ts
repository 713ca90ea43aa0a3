import { perObject } from '../pipeline/memo.ts';
import type { Status } from './schema.ts';

/** The keys whose entries `/events` sends one by one. */
export const grouped = ['queries', 'upstreams', 'releases'] as const;

/**
 * A status as JSON, in the pieces that change by themselves: one for each of its keys, and within `queries`,
 * `upstreams` and `releases` one for each entry.
 */
export type Pieces = ReadonlyMap<string, Piece>;
type Piece = string | ReadonlyMap<string, string>;

export function piecesOf(status: Status): Pieces {
  return new Map(
    Object.entries(status).map(([key, value]) => [
      key,
      isGrouped(key) ? entriesOf(status[key]) : JSON.stringify(value),
    ]),
  );
}

/** The whole, as one JSON document. */
export function whole(pieces: Pieces): string {
  return object(pieces, (piece) => (typeof piece === 'string' ? piece : object(piece, (entry) => entry)));
}

/**
 * What has to be replaced in `before` to get `after`, as a JSON document of the same form: keys that are the
 * same are left out, and so are entries of the three groups; an entry that is gone is null.
 */
export function difference(before: Pieces, after: Pieces): string {
  const changed = new Map(
    [...after].flatMap(([key, piece]): [string, string][] => {
      const old = before.get(key);
      if (typeof piece === 'string') return piece === old ? [] : [[key, piece]];
      const entries = entryChanges(typeof old === 'object' ? old : new Map(), piece);
      return entries.size === 0 ? [] : [[key, object(entries, (entry) => entry)]];
    }),
  );
  return object(changed, (piece) => piece);
}

function entryChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const changed = new Map([...after].filter(([name, entry]) => before.get(name) !== entry));
  for (const name of before.keys()) if (!after.has(name)) changed.set(name, 'null');
  return changed;
}

function isGrouped(key: string): key is (typeof grouped)[number] {
  return grouped.some((one) => one === key);
}

function entriesOf(entries: Readonly<Record<string, object>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(entries).map(([name, entry]) => [name, json(entry)]));
}

/** An upstream may have thousands of servers. */
const json = perObject((entry: object) => JSON.stringify(entry));

function object<T>(entries: ReadonlyMap<string, T>, text: (value: T) => string): string {
  return `{${[...entries].map(([name, value]) => `${JSON.stringify(name)}:${text(value)}`).join(',')}}`;
}
