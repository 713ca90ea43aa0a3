/** What went wrong, where, and what to do, for the person at the terminal: it is printed without a stack. */
export class DrillProblem extends Error {
  override readonly name = 'DrillProblem';
}

/** Something that the drill had started may still be there. */
export class CleanUpProblem extends DrillProblem {
  constructor(cause: unknown) {
    super(`not all could be cleaned up, see \`ps\`: ${inWords(cause)}`, { cause });
  }
}

/** `await using` wraps what was thrown while it cleaned up after another error. */
export function isCleanUpProblem(error: unknown): boolean {
  return error instanceof CleanUpProblem || error instanceof SuppressedError;
}

export function inWords(error: unknown): string {
  if (error instanceof DrillProblem) return error.message;
  if (error instanceof SuppressedError) {
    return `${inWords(error.suppressed)}\nand then, cleaning up: ${inWords(error.error)}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
