import { readdirSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import type { File } from '../pipeline/release.ts';

interface TemplateFile extends Pick<File, 'mode' | 'owner'> {
  readonly source: string;
  readonly destination: string;
}

/** Which templates to use. Sources are absolute; a destination is `http/<file>`, `stream/<file>`, or absolute too. */
export type TemplateSpec =
  | { readonly kind: 'builtin' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'list'; readonly list: readonly TemplateFile[] };

/** By destination, what files are to have besides their contents. */
export function attributesOf(spec: TemplateSpec): ReadonlyMap<string, Pick<File, 'mode' | 'owner'>> {
  const list = spec.kind === 'list' ? spec.list : [];
  return new Map(list.map(({ source: _, destination, ...attributes }) => [destination, attributes]));
}

export interface Sources {
  /** Every template and partial by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** What is rendered, and whereto. */
  readonly pages: readonly { readonly source: string; readonly destination: string }[];
}

/** Beside `src/` as well as beside `dist/`. */
const builtin = resolve(import.meta.dirname, '../../templates');

/** The folders whose files can change what is rendered. */
export function foldersOf(spec: TemplateSpec): string[] {
  if (spec.kind === 'list') return [...new Set(spec.list.map(({ source }) => dirname(source)))];
  return [spec.kind === 'folder' ? spec.folder : builtin];
}

/** Reads all templates anew. Throws ProblemError where there is none, or one cannot be read. */
export function readSources(spec: TemplateSpec): Sources {
  const texts = new Map(foldersOf(spec).flatMap(readFolder));
  if (spec.kind === 'list') {
    for (const { source } of spec.list) texts.set(source, readText(source));
    return { texts, pages: spec.list };
  }
  const folder = foldersOf(spec)[0] ?? '';
  const pages = [...texts.keys()].sort().flatMap((source) => {
    const destination = destinationOf(source.slice(folder.length + 1));
    return destination === undefined ? [] : [{ source, destination }];
  });
  if (pages.length === 0) {
    throw new ProblemError({
      what: 'there is no template in this folder',
      where: folder,
      remedy: 'put one there whose name ends in .conf.eta',
    });
  }
  return { texts, pages };
}

function readFolder(folder: string): [string, string][] {
  return entriesOf(folder)
    .filter(isTemplate)
    .map((name) => [join(folder, name), readText(join(folder, name))]);
}

/** A mounted config map keeps its versions in hidden folders, and links to the files of one. */
function isTemplate(name: string): boolean {
  return name.endsWith('.eta') && !/(^|\/)\./.test(name);
}

/** A text that changes with any change of what `readSources` reads. Never rejects. */
export async function stampOf(spec: TemplateSpec): Promise<string> {
  const found = foldersOf(spec).map(async (folder) => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return [folder, ...names.filter(isTemplate).map((name) => join(folder, name))];
  });
  const listed = spec.kind === 'list' ? spec.list.map(({ source }) => source) : [];
  const paths = new Set([...(await Promise.all(found)).flat(), ...listed]);
  const stamps = [...paths].sort().map(async (path) => {
    const { ino, ctimeMs } = await stat(path).catch(() => ({ ino: 0, ctimeMs: 0 }));
    return `${path} ${ino} ${ctimeMs}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
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
    remedy: 'name templates that exist and that upsync may read',
  });
}

/**
 * `gateway.conf.eta` → `http/gateway.conf`, `stream/db.conf.eta` → `stream/db.conf`. All else is there to be
 * included: names that begin with `_`, other endings, other folders.
 */
function destinationOf(path: string): string | undefined {
  const [, context = 'http', name] = /^(?:(http|stream)\/)?([^_/][^/]*\.conf)\.eta$/.exec(path) ?? [];
  return name === undefined ? undefined : `${context}/${name}`;
}
