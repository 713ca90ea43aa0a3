import type { Child } from './child.ts';
import { type Environment, startEnvironment } from './environment.ts';
import { type Flags, readFlags, usage } from './flags.ts';
import { keepRunning } from './keep.ts';
import { connections, rate } from './load.ts';
import { measure, type Result } from './measure.ts';
import { DrillProblem, inWords, isCleanUpProblem } from './problem.ts';
import { createScreen, type Screen } from './screen.ts';
import { steps } from './steps.ts';
import { footnotes, outcome, summary } from './summary.ts';
import { table } from './table.ts';
import { broken } from './verdict.ts';

/** Why `stopping` was aborted, where a person wanted it so. */
const interrupted = new DrillProblem('interrupted');

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2));
  if (typeof flags === 'string' || flags.help) {
    process.stdout.write(typeof flags === 'string' ? `${flags}\n\n${usage}` : usage);
    return typeof flags === 'string' ? 1 : 0;
  }

  const screen = createScreen(process.stdout);
  const stopping = new AbortController();
  const { signal } = stopping;
  const interrupt = () => {
    // Ctrl-C reaches Consul and nginx too: how upsync sees them go is no part of the drill.
    screen.mute();
    stopping.abort(interrupted);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  // Whoever read our output has gone: `| head`.
  process.stdout.on('error', interrupt);

  try {
    const kept = await drill(screen, flags, stopping);
    if (signal.reason === interrupted) screen.closing('Stopped, and all that was started with it.', true);
    return kept ? 0 : 1;
  } catch (error) {
    const cause: unknown = signal.aborted && !isCleanUpProblem(error) ? signal.reason : error;
    if (cause === interrupted) {
      screen.closing('Stopped, and all that was started with it.', true);
      return 130;
    }
    screen.blank();
    screen.closing(`The drill failed: ${inWords(cause)}`, false);
    return 1;
  }
}

/** Resolves with whether the promise was kept, once nothing is left running. */
async function drill(screen: Screen, { keep, via }: Flags, stopping: AbortController): Promise<boolean> {
  const { signal } = stopping;
  screen.title('The upsync drill: nodes join and leave under load, and nginx follows.');
  screen.say('Consul, nginx, upsync and two services start, on loopback addresses.');
  await using environment = await startEnvironment(screen, via, signal);
  using _ = guard(environment.upsync, stopping);
  introduce(environment, screen);

  const results: Result[] = [];
  for (const [index, step] of steps.entries()) {
    screen.headline(`${index + 1}/${steps.length}`, step.headline);
    screen.say(step.story);
    const result = await measure(step, environment, signal);
    results.push(result);
    screen.result(outcome(result), broken([result]).length === 0);
  }

  const breaches = broken(results);
  screen.table(table(results), (line) => broken(results.slice(line - 1, line)).length > 0);
  for (const note of footnotes(results)) screen.note(note);
  screen.blank();
  screen.closing(summary(results, breaches), breaches.length === 0);
  if (keep) await keepRunning(environment, screen, signal);
  if (signal.aborted && signal.reason !== interrupted) throw signal.reason;
  screen.mute();
  return breaches.length === 0;
}

function introduce({ gateway, consul, status }: Environment, screen: Screen): void {
  screen.blank();
  screen.fact('gateway', `${gateway.url}/web1/  ${gateway.url}/web2/`);
  screen.fact('Consul', `${consul}/ui`);
  screen.fact('status', status);
  screen.fact('load', `${rate} requests per second over ${connections} keep-alive connections`);
}

/** Until it is disposed of, an upsync that ends by itself ends the drill. */
function guard(upsync: Child, stopping: AbortController): Disposable {
  let over = false;
  void upsync.ended.then((how) => {
    if (!over) stopping.abort(new DrillProblem(`upsync ended with ${how}; its lines above say why`));
  });
  return {
    [Symbol.dispose]() {
      over = true;
    },
  };
}
