import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const measurement = z.strictObject({
  /** Who was measured. */
  tool: z.string(),
  /** In which case, where a scenario has several: `2,000 × 5, HTTP`; empty otherwise. */
  of: z.string(),
  /** The size of the case, for growth curves. */
  size: z.number().optional(),
  what: z.string(),
  unit: z.string(),
  /** The values of each run. */
  runs: z.array(z.array(z.number())),
  /** Why there is no value. */
  absent: z.string().optional(),
});

const section = z.strictObject({
  at: z.string(),
  /** How long it took, in s. */
  seconds: z.number(),
  versions: z.record(z.string(), z.string()),
  machine: z.string(),
  measurements: z.array(measurement),
  notes: z.array(z.string()),
});

const results = z.record(z.string(), section);

export type Measurement = z.infer<typeof measurement>;
export type Section = z.infer<typeof section>;
/** What each scenario measured when it last ran. */
export type Results = z.infer<typeof results>;

export const folder = join(import.meta.dirname, '../results');
/** What the README shows. */
export const latest = join(folder, 'latest.json');
/** What a quick run measured: too little to show. */
export const quick = join(folder, 'quick.json');

/** Empty where there is no such file yet. */
export async function readResults(path: string): Promise<Results> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  return results.parse(JSON.parse(text));
}

/** Figures are cut to what they are worth: a thousandth. */
export async function writeResults(path: string, found: Results): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify(found, (_, value) => (typeof value === 'number' ? rounded(value) : value), 1);
  // One run a line: figures below each other make long files.
  await writeFile(path, `${text.replaceAll(/\[\s+([-\d.,\s]+?)\s+\]/g, oneLine)}\n`);
}

function oneLine(_: string, figures: string): string {
  return `[${figures.split(/,\s+/).join(', ')}]`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
