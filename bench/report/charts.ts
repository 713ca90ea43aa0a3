import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { growthChart, type Panel } from './growth-chart.ts';
import { folder, type Measurement, type Results, type Section } from './results.ts';
import { median } from './statistics.ts';
import { stripChart } from './strip-chart.ts';

/** Draws what there are figures for, beside the results. */
export async function drawCharts({ lone, growth }: Results): Promise<void> {
  if (lone !== undefined) await writeFile(join(folder, 'lone.svg'), drawLone(lone));
  if (growth !== undefined) await writeFile(join(folder, 'growth.svg'), drawGrowth(growth));
}

export function drawLone({ measurements }: Section): string {
  const strips = measurements
    .filter(({ what, runs }) => what === 'change → first answer' && runs.length > 0)
    .sort((a, b) => rank(a) - rank(b))
    .map(({ tool, runs }) => ({ name: tool, values: runs.flat() }));
  const step = (what: string) => medianOf(measurements, 'upsync', what) ?? 0;
  const beforeNginx = step('before nginx: change → HUP');
  const steps = ['query (until its answer is read)', 'render', 'stage', 'test', 'publish'].map((name) => ({
    name: name.replace(/ \(.*/, ''),
    value: step(`upsync's step: ${name}`),
  }));
  const known = steps.reduce((sum, { value }) => sum + value, 0);
  const parts = [
    ...steps,
    { name: 'other', value: Math.max(0, beforeNginx - known) },
    { name: 'nginx', value: step('nginx: HUP → first answer') },
  ];
  return stripChart('One instance joins: from Consul to its first answer through nginx', strips, parts);
}

export function drawGrowth({ measurements }: Section): string {
  const panel = (title: string, cases: RegExp): Panel => ({
    title,
    curves: curves.flatMap(({ tool, what, ...look }) => {
      const points = measurements.filter(
        (one) => one.tool === tool && one.what === what && cases.test(one.of) && one.runs.length > 0,
      );
      const placed = points.map(({ size = 1, runs }) => ({ size, value: median(runs.flat()) }));
      return placed.length === 0 ? [] : [{ ...look, points: placed }];
    }),
  });
  return growthChart('A lone change as there is more: how long until nginx has it', [
    panel('services of 5 instances', /^[\d,]+ services? × 5$/),
    panel('instances of one service', /^1 service × (?!5$)/),
  ]);
}

const all = 'lone change → first worker that knows';
const before = 'before nginx: change → HUP';
const curves = [
  { tool: 'upsync', what: all, name: 'upsync', colour: 0 },
  { tool: 'upsync', what: before, name: 'upsync, before nginx', colour: 0, dashed: true },
  { tool: 'consul-template', what: all, name: 'consul-template', colour: 1 },
  { tool: 'consul-template', what: before, name: 'consul-template, before nginx', colour: 1, dashed: true },
];

function medianOf(measurements: readonly Measurement[], tool: string, what: string): number | undefined {
  const found = measurements.find((one) => one.tool === tool && one.what === what);
  return found === undefined || found.runs.length === 0 ? undefined : median(found.runs.flat());
}

function rank({ tool }: Measurement): number {
  return (
    ['upsync', 'upsync --via push', 'consul-template'].indexOf(tool) + (tool.startsWith('nginx') ? 10 : 0)
  );
}
