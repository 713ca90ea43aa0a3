import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headline } from './headline.ts';
import { folder, type Results, type Section } from './results.ts';
import { markdown, tableOf } from './table.ts';

const readme = join(import.meta.dirname, '../../README.md');
export const begin = '<!-- figures: `npm run bench -- --readme` writes what follows -->';
export const end = '<!-- figures end -->';

/** Puts the figures between the marks of the README, and all tables into results/latest.md. */
export async function writeReadme(results: Results): Promise<void> {
  await writeFile(readme, between(await readFile(readme, 'utf8'), figures(results)));
  await writeFile(join(folder, 'latest.md'), allTables(results));
}

/** `text` with this between the marks; throws where it has no marks. */
export function between(text: string, figures: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks a line ${begin} and, below it, one ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${figures}\n\n${text.slice(to)}`;
}

function figures(results: Results): string {
  return `${setting(results)}\n\n${markdown(headline(results))}`;
}

/** One sentence for each machine and set of versions that figures are from; one, if all are of one run. */
function setting(results: Results): string {
  const all = Object.entries(results);
  const sentences = Map.groupBy(all, ([, section]) => sentence(section));
  if (sentences.size === 1) return [...sentences.keys()].join('');
  return [...sentences]
    .map(([text, found]) => `${found.map(([name]) => name).join(', ')}: ${text}`)
    .join('\n\n');
}

function sentence({ machine, versions }: Section): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `On ${machine}; ${named.join(', ')}. Medians, in brackets the least and the greatest median of a run.`;
}

function allTables(results: Results): string {
  const sections = Object.entries(results).map(([name, section]) => {
    const notes = section.notes.map((note) => `${note}\n\n`).join('');
    const heading = `## ${name}\n\n${sentence(section)} Took ${Math.round(section.seconds)} s.\n\n`;
    return `${heading}${markdown(tableOf(section))}\n\n${notes}`;
  });
  return `# What the bench last measured\n\nWritten by \`npm run bench\`.\n\n${sections.join('')}`
    .trimEnd()
    .concat('\n');
}
