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
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`The upsync soak: ${flags.seconds} s, seed ${flags.seed}.`);

  await using _ = await makeFolder('soak');
  const results = await run(flags, say, stopping.signal);
  say(`\n${report(results)}`);
  if (stopping.signal.aborted) {
    say('Stopped, and all that was started with it.');
    return 130;
  }
  const good = results.faults.length === 0;
  say(good ? 'Nothing wrong, nothing lost.' : 'The soak found a fault.');
  return good ? 0 : 1;
}
