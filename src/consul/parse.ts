import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';

/**
 * An array, judged up to its first fault. zod's own goes on and keeps an issue for each entry: some 25
 * million of them, as a body of 50 MB may hold, ended the process.
 */
export function list<T>(entry: z.ZodType<T>) {
  return z.array(z.unknown()).transform((entries, context) => {
    const good: T[] = [];
    for (const [at, one] of entries.entries()) {
      const { success, data, error } = entry.safeParse(one);
      if (success) good.push(data);
      else {
        const [issue] = error.issues;
        context.addIssue({ code: 'custom', path: [at, ...(issue?.path ?? [])], message: issue?.message });
        return z.NEVER;
      }
    }
    return good;
  });
}

/** Throws a ProblemError where the structure of an answer's body is not Consul's. */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = issue === undefined || issue.path.length === 0 ? 'the whole' : spell(issue.path);
  throw new ProblemError({
    what: `the answer is not built as Consul's are (${at}: ${issue?.message ?? 'unreadable'})`,
    remedy: 'check that consul.address leads to Consul, and its version',
  });
}

/** Up to a map: its keys are whatever somebody wrote there. */
function spell(path: readonly PropertyKey[]): string {
  const map = path.findIndex((part) => part === 'Meta' || part === 'Services');
  return (map < 0 ? path : path.slice(0, map + 1)).join('.');
}
