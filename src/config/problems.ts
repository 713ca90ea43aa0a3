import type { z } from 'zod';
import { type Problem, ProblemError, sentence } from '../pipeline/problem.ts';

/** Where a key was set: `upsync.yaml:12 wait.min`, a flag, or an environment variable. */
export type Where = (path: readonly PropertyKey[]) => string;

/** Each of zod's issues as a problem, unknown keys one by one. */
export function toProblems(issues: readonly z.core.$ZodIssue[], where: Where): readonly Problem[] {
  return issues.flatMap((issue) => flatten(issue, [])).map((flat) => toProblem(flat, where));
}

/** One error that names all the problems, on a line each if there are several. */
export function together(problems: readonly Problem[]): ProblemError {
  const [first, ...others] = problems;
  if (first !== undefined && others.length === 0) return new ProblemError(first);
  const byLine = problems.toSorted((a, b) => inOrder.compare(a.where ?? '', b.where ?? ''));
  const lines = byLine.map((problem) => `\n  ${sentence(problem)}`);
  return new ProblemError({ what: `${problems.length} problems in the configuration${lines.join('')}` });
}

/** Line 9 before line 10. */
const inOrder = new Intl.Collator('en', { numeric: true });

interface Flat {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Its last part is no name that a key could have: it may be a secret. */
  readonly strange?: boolean;
}

function flatten(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): readonly Flat[] {
  const path = [...parent, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, at) => ({
        path: [...path, key],
        message: messages[at] ?? issue.message,
        strange: !/^[a-z_-]{1,30}$/i.test(key),
      }));
    }
    case 'invalid_key':
      return issue.issues.flatMap((inner) => ({ path, message: inner.message }));
    case 'invalid_union': {
      // The branch that was meant is the one whose outermost type fits.
      const meant = issue.errors.find((branch) =>
        branch.every((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
      );
      return meant?.flatMap((inner) => flatten(inner, path)) ?? [{ path, message: issue.message }];
    }
    default:
      return [{ path, message: issue.message }];
  }
}

function toProblem({ path, message, strange = false }: Flat, where: Where): Problem {
  const [what = message, ...remedy] = message.split('; ');
  const whole = where(path);
  // Its line is told, its name is not.
  const place = strange ? whole.slice(0, -spell(path.slice(-1)).length).replace(/[ .]$/, '') : whole;
  return { what, where: place, ...(remedy.length === 0 ? {} : { remedy: remedy.join('; ') }) };
}

/** `upstreams.web1.on_empty`; a part that is not plain stands in quotes. */
export function spell(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (/^[\w.-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part))))
    .join('.');
}
