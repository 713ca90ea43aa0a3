import { watch } from 'chokidar';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import { problemOf } from '../pipeline/problem.ts';
import { foldersOf, stampOf, type TemplateSpec } from './sources.ts';

/** An editor or a config-map swap touches several files: they are read once this many ms pass in quiet. */
const quiet = 50;

/** In ms. The kernel tells nothing of a folder that is itself replaced, nor on some network file systems. */
const interval = 1000;

/** Calls `onChange` after any change of the templates, until `signal` aborts. */
export async function watchTemplates(
  spec: TemplateSpec,
  { clock, report }: { readonly clock: Clock; readonly report: Report },
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const watcher = watch(foldersOf(spec), { ignoreInitial: true });
  let told = new AbortController();
  watcher.on('all', () => told.abort());
  watcher.on('error', (error) => report({ type: 'problem', problem: problemOf(error) }));
  let seen = await stampOf(spec);
  // What changed since they were read and before that would never be seen.
  onChange();
  while (!signal.aborted) {
    await clock.sleep(interval, AbortSignal.any([signal, told.signal]));
    told = new AbortController();
    const stamp = await settled(await stampOf(spec));
    if (stamp === seen || signal.aborted) continue;
    seen = stamp;
    onChange();
  }
  await watcher.close();

  /** The stamp that stays, if it is not the one that was seen. */
  async function settled(first: string): Promise<string> {
    for (let stamp = first; ; ) {
      if (stamp === seen || signal.aborted) return stamp;
      await clock.sleep(quiet, signal);
      const next = await stampOf(spec);
      if (next === stamp) return stamp;
      stamp = next;
    }
  }
}
