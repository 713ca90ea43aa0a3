import { systemClock } from '../pipeline/clock.ts';
import { ProblemError, sentence } from '../pipeline/problem.ts';
import { isColoured } from '../report/colour.ts';
import { printable } from '../report/line.ts';
import { statusText } from '../status/text.ts';
import { askStatus } from './ask-status.ts';
import type { Io, StatusOptions } from './io.ts';

/** ms between two looks. */
const interval = 1_000;

/** Shows the status of the upsync that works on the folder `output`, once or until `io.signal` aborts. */
export async function runStatus(output: string, options: StatusOptions, io: Io): Promise<number> {
  if (!options.watch) {
    io.stdout.write(await show(output, options, io));
    return 0;
  }
  while (!io.signal.aborted) {
    const shown = await show(output, options, io).catch((error: unknown) => trouble(error, options));
    if (io.signal.aborted) break;
    io.stdout.write(options.json ? shown : screen(shown, io));
    await systemClock.sleep(interval, io.signal);
  }
  return 0;
}

async function show(output: string, { json, watch }: StatusOptions, { stdout, env, signal }: Io) {
  const told = await askStatus(output, signal);
  if (!json) return statusText(told.status, { coloured: isColoured(stdout, env) });
  // One that follows another stands on a line of its own.
  return watch ? `${told.json.trim()}\n` : `${JSON.stringify(JSON.parse(told.json), undefined, 2)}\n`;
}

/** Who watches waits for it to come back. */
function trouble(error: unknown, { json }: StatusOptions): string {
  if (!(error instanceof ProblemError)) throw error;
  const { problem } = error;
  return json ? `${JSON.stringify({ problem })}\n` : `${printable(sentence(problem))}\n`;
}

/** Over what stood there, without a flicker, and no more than fits; one below the other where it is no terminal. */
function screen(text: string, { stdout }: Io): string {
  if (stdout.isTTY !== true) return `${text}\n`;
  const lines = text.trimEnd().split('\n');
  const fitting = stdout.rows === undefined ? lines : lines.slice(0, stdout.rows - 1);
  return `\u001b[H${fitting.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`;
}
