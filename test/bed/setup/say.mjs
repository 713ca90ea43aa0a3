/** What went wrong and what to do about it: shown without a stack. */
export class SetupError extends Error {
  constructor(what, remedy) {
    super(`${what}\n        ${remedy}`);
  }
}

export function say(line) {
  console.log(`set-up: ${line}`);
}

/** The time since `start`, as `1.2 s`. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/**
 * Does a piece of work that takes a while: says what and why before, how long after, and that it still
 * goes on between.
 */
export async function step(what, why, work) {
  const start = performance.now();
  say(`${what} (${why})`);
  const heartbeat = setInterval(() => say(`${what}: ${seconds(start)} so far`), 10_000);
  try {
    const result = await work();
    say(`${what}: done in ${seconds(start)}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Runs a program's main part: what is a person's to mend is shown without a stack. */
export async function reportErrors(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up: ${error.message}`);
    process.exitCode = 1;
  }
}
