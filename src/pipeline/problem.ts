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

/** What the system says of a disk that fails for a while. */
const SYSTEM: Readonly<Record<string, { what: string; remedy: string }>> = {
  ENOSPC: { what: 'no space is left on the disk', remedy: 'free some' },
  EDQUOT: { what: 'the disk quota is used up', remedy: 'free some space, or raise it' },
  EROFS: { what: 'the file system is read-only', remedy: 'see why, and mount it writable again' },
  EACCES: { what: 'permission denied', remedy: 'run upsync as a user that may do this' },
  EPERM: { what: 'permission denied', remedy: 'run upsync as a user that may do this' },
};

/** The problem within whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  if (!(thrown instanceof Error)) return { what: String(thrown) };
  // With inotify, ENOSPC is about something else.
  const isWatch = 'syscall' in thrown && thrown.syscall === 'watch';
  const known = 'code' in thrown && !isWatch ? SYSTEM[String(thrown.code)] : undefined;
  if (known === undefined) return { what: thrown.message };
  return { ...known, ...('path' in thrown && typeof thrown.path === 'string' ? { where: thrown.path } : {}) };
}
