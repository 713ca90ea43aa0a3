import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';

/** A gateway that has a place, or waits for one. */
export interface Contender {
  /** Its session's id. */
  readonly session: string;
  /** For people: host and process. */
  readonly name: string;
}

/** Entries of `/v1/kv/:folder?recurse`. */
const Entries = z.array(
  z.object({
    Key: z.string(),
    Value: z.string().nullable(),
    /** A raft index: below 2⁵³ for ages. */
    CreateIndex: z.number(),
    Session: z.string().optional(),
  }),
);

/** What a contender writes for people to read. Whoever may write to the folder may have written it. */
const Written = z.object({ gateway: z.string().regex(/^[\w.-]{1,255}$/), pid: z.number().int().positive() });

export function write(gateway: string, pid: number, since: Date): string {
  return JSON.stringify({ gateway, pid, since: since.toISOString() });
}

/** Those of a fleet in the order in which they came. What no session holds is somebody's note. Throws a ProblemError where it is no answer of Consul's. */
export function readContenders(entries: unknown): readonly Contender[] {
  const found = Entries.safeParse(entries);
  if (!found.success) throw new ProblemError({ what: "what the KV answered is not built as Consul's is" });
  return found.data
    .toSorted((a, b) => a.CreateIndex - b.CreateIndex || (a.Key < b.Key ? -1 : 1))
    .flatMap(({ Session, Value }) =>
      Session === undefined ? [] : [{ session: Session, name: nameIn(Value) ?? Session.slice(0, 8) }],
    );
}

function nameIn(value: string | null): string | undefined {
  try {
    const { gateway, pid } = Written.parse(JSON.parse(Buffer.from(value ?? '', 'base64').toString()));
    return `${gateway}/${pid}`;
  } catch {
    return undefined;
  }
}
