import { relative } from 'node:path';
import { makeFolder } from '../demo/folder.ts';
import { Fixtures } from './fixtures.ts';
import { type Flags, readFlags, usage } from './flags.ts';
import { drawCharts } from './report/charts.ts';
import { writeReadme } from './report/readme.ts';
import { latest, quick, readResults, writeResults } from './report/results.ts';
import { plain, tableOf } from './report/table.ts';
import { runScenario } from './run.ts';
import { scenarios } from './scenarios.ts';
import { missingConsulTemplate } from './tools/consul-template.ts';
import { buildUpsync } from './tools/upsync.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const names = scenarios.map(({ name }) => name);
  const flags = readFlags(process.argv.slice(2), names);
  if (typeof flags === 'string' || flags.help) {
    process.stdout.write(typeof flags === 'string' ? `${flags}\n\n${usage(names)}` : usage(names));
    return typeof flags === 'string' ? 1 : 0;
  }
  const missing = missingConsulTemplate();
  if (missing !== undefined) {
    say(`CONSUL_TEMPLATE_BIN: there is no ${missing}; unset it, or name a consul-template`);
    return 1;
  }
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  try {
    if (!flags.readme) await bench(flags, stopping.signal);
    if (!flags.quick) await present();
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) {
      say('Stopped, and all that was started with it.');
      return 130;
    }
    say(`The bench failed: ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
}

async function bench(flags: Flags, signal: AbortSignal): Promise<void> {
  const path = flags.quick ? quick : latest;
  const wanted = scenarios.filter(({ name }) => flags.names.length === 0 || flags.names.includes(name));
  await buildUpsync();
  await using _ = await makeFolder('bench');
  await using fixtures = new Fixtures(say);
  for (const scenario of wanted) {
    say(`\n${scenario.name}: ${scenario.title}`);
    const section = await runScenario(scenario, flags, fixtures, say, signal);
    // Written at once: whoever stops the bench keeps what was measured until then.
    await writeResults(path, { ...(await readResults(path)), [scenario.name]: section });
    say(plain(tableOf(section)));
    for (const note of section.notes) say(note);
    say(`(${Math.round(section.seconds)} s)`);
  }
  say(`\nEach value stands in ${relative(process.cwd(), path)}.`);
}

/** Into README.md, and beside the figures. */
async function present(): Promise<void> {
  const results = await readResults(latest);
  await drawCharts(results);
  await writeReadme(results);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
