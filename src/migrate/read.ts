import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import { type GivenTemplate, readGiven, textOf } from './given.ts';
import type { Original } from './migrate.ts';
import type { Loaded } from './template-entry.ts';

/** Reads what the command line names: configuration, folders of it, templates. Throws ProblemError. */
export async function readOriginal(names: readonly string[], cwd: string): Promise<Original> {
  const files = (await Promise.all(names.map((name) => filesOf(resolve(cwd, name))))).flat();
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readText(file) })));
  const isBare = ({ file }: { readonly file: string }) => /\.(ctmpl|tmpl|tpl)$/.test(file);
  const given = readGiven(texts.filter((one) => !isBare(one)));
  const templates = await Promise.all(given.templates.map((template) => load(template, cwd)));
  const named = new Set(templates.map(({ source }) => source));
  // A shell's glob may name a template beside the configuration that names it too.
  return { given, templates, bare: texts.filter((one) => isBare(one) && !named.has(one.file)) };
}

/** A folder's files, in the order in which consul-template walks it. */
async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const inner = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => filesOf(join(path, name)));
  return (await Promise.all(inner)).flat();
}

async function load(template: GivenTemplate, cwd: string): Promise<Loaded> {
  const { settings, where, file } = template;
  const contents = settings.get('contents');
  if (contents !== undefined && textOf(contents) !== '')
    return { template, source: undefined, text: textOf(contents) };
  const source = settings.get('source');
  if (source === undefined) {
    throw new ProblemError({
      what: 'a template needs source or contents',
      where,
      remedy: 'name one of them',
    });
  }
  // consul-template resolves it from where it was started, most often by an absolute path.
  const places = [...new Set([cwd, dirname(file)].map((folder) => resolve(folder, textOf(source))))];
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => undefined);
    if (text !== undefined) return { template, source: place, text };
  }
  throw new ProblemError({
    what: `there is no template to read at ${places.join(' nor at ')}`,
    where: source.where,
    remedy: 'run upsync migrate where consul-template runs, or mend source',
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ProblemError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const what = missing ? 'there is no such file or folder' : `cannot be read: ${problemOf(error).what}`;
  return new ProblemError({
    what,
    where: path,
    remedy: "name consul-template's configuration, or a template",
  });
}
