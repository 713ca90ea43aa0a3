import { setTimeout as sleep } from 'node:timers/promises';
import { luaOfNginx } from './bed/gateway.ts';
import { machine, versions } from './bed/machine.ts';
import type { Fixtures } from './fixtures.ts';
import type { Flags } from './flags.ts';
import { Recorder } from './recorder.ts';
import type { Section } from './report/results.ts';
import type { Bench, Scenario } from './scenario.ts';
import { consulTemplate, findConsulTemplate } from './tools/consul-template.ts';
import { pushingUpsync, upsync } from './tools/upsync.ts';

/** Runs one scenario to its end. */
export async function runScenario(
  scenario: Scenario,
  flags: Flags,
  fixtures: Fixtures,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Section> {
  const recorder = new Recorder();
  const binary = findConsulTemplate();
  const bench: Bench = {
    runs: flags.runs,
    few: (meant) => (flags.quick ? Math.min(2, Math.ceil(meant)) : Math.ceil(meant)),
    sizes: (meant) => (flags.quick ? meant.slice(0, 2) : meant),
    signal,
    upsync,
    pushing: luaOfNginx() === undefined ? undefined : pushingUpsync,
    consulTemplate: (variant) => (binary === undefined ? undefined : consulTemplate(binary, variant)),
    consul: () => fixtures.consul(),
    wide: () => fixtures.wide(),
    farm: () => fixtures.farm(),
    record: (key, ...values) => recorder.record(key, values),
    absent: (key, why) => recorder.absent(key, why),
    note: (text) => recorder.note(text),
    say,
    sleep: (time) => sleep(Math.max(0, time), undefined, { signal }),
  };
  const began = performance.now();
  await scenario.run(bench);
  return {
    at: new Date().toISOString(),
    seconds: (performance.now() - began) / 1000,
    versions: await versions(),
    machine: machine(),
    measurements: recorder.measurements,
    notes: recorder.notes,
  };
}
