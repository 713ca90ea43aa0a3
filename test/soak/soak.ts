import { makeFolder } from '../../demo/folder.ts';
import { readFlags, usage } from './flags.ts';
import { report } from './report.ts';
import { run } from './run.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2));
  if (typeof flags === 'string' || flags.help) {
    process.stdout.write(typeof flags === 'string' ? `${flags}\n\n${usage}` : usage);
    return typeof flags === 'string' ? 1 : 0;
  }
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  process.stdout.write(`The upsync soak: ${flags.seconds} s, seed ${flags.seed}.\n`);

  await using _ = await makeFolder('soak');
  const results = await run(flags, stopping.signal);
  process.stdout.write(`\n${report(results)}\n`);
  if (stopping.signal.aborted) {
    process.stdout.write('Stopped, and all that was started with it.\n');
    return 130;
  }
  const good = results.faults.length === 0;
  process.stdout.write(good ? 'Nothing wrong, nothing lost.\n' : 'The soak found a fault.\n');
  return good ? 0 : 1;
}
