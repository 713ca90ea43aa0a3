/** What failed, where, and what to do about it: in words that a person can act on. No secrets. */
export interface Problem {
  readonly what: string;
  /** A file and line, an address, a configuration key. */
  readonly where?: string;
  readonly remedy?: string;
}

/** The one error class: thrown where a step cannot go on, shown without a stack. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(sentence(problem), options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** `where: what; remedy` in one line. */
export function sentence({ what, where, remedy }: Problem): string {
  return `${where === undefined ? '' : `${where}: `}${what}${remedy === undefined ? '' : `; ${remedy}`}`;
}

/** The problem within whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  return { what: thrown instanceof Error ? thrown.message : String(thrown) };
}
