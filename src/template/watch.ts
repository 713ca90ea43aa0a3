import { watch } from 'chokidar';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import { problemOf } from '../pipeline/problem.ts';
import { foldersOf, type TemplateSpec } from './sources.ts';

/** An editor or a config-map swap touches several files: they are read once this many ms pass in quiet. */
const quiet = 50;

/** Calls `onChange` after any change in the templates' folders, until `signal` aborts. */
export async function watchTemplates(
  spec: TemplateSpec,
  { clock, report }: { readonly clock: Clock; readonly report: Report },
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const watcher = watch(foldersOf(spec), { ignoreInitial: true });
  // What changed before the watcher stood would never be seen.
  watcher.once('ready', onChange);
  watcher.on('error', (error) => report({ type: 'problem', problem: problemOf(error) }));
  let burst = new AbortController();
  watcher.on('all', async () => {
    burst.abort();
    const mine = new AbortController();
    burst = mine;
    await clock.sleep(quiet, AbortSignal.any([signal, mine.signal]));
    if (!mine.signal.aborted && !signal.aborted) onChange();
  });
  const ended = Promise.withResolvers<void>();
  if (signal.aborted) ended.resolve();
  else signal.addEventListener('abort', () => ended.resolve(), { once: true });
  await ended.promise;
  await watcher.close();
}
