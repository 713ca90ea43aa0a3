import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Problem, ProblemError } from '../pipeline/problem.ts';

/** The links of the managed folder that nginx includes, by context. They may not exist yet. */
export interface Managed {
  readonly http: string;
  readonly stream: string;
}

/** What a candidate puts in the place of what is on disk. Paths are absolute. */
export interface Overlay {
  /** The folder of what nginx reads of it, which its `http.conf` and `stream.conf` include: they are read as well. */
  readonly folder: string;
  /** By path, the file to read instead; undefined for none at all. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

/** How the disk is looked at. */
export interface DiskView {
  readonly overlay?: Overlay | undefined;
  /** An included file that is missing counts as empty, for those who look for something else: a release may bring it. */
  readonly isLenient?: boolean;
}

/** The disk as a test sees it: the managed links are there even before the first release. */
export interface Disk {
  readonly managed: Managed;
  /** Whether a file is not looked into: what a candidate has beside its includes is none of a crawl's business. */
  isClosed(path: string, text: string): boolean;
  /** Whether it is left to nginx itself to read what the managed links lead to. */
  readonly isPlain: boolean;
  names(folder: string): Promise<readonly string[]>;
  /** The path with its folder's links followed; a file's own link only where it leads to a managed one. */
  locate(path: string): Promise<string>;
  /** Each character is one byte: nginx knows no encoding, and comments may be in any. */
  read(path: string, where: string | undefined): Promise<string>;
}

export async function openDisk(output: string, { overlay, isLenient = false }: DiskView = {}): Promise<Disk> {
  const folders = new Map<string, Promise<string>>();
  const folder = (path: string) => remember(folders, path, () => realFolder(path));
  const root = await folder(resolve(output));
  const managed = { http: join(root, 'http/upsync.conf'), stream: join(root, 'stream/upsync.conf') };
  const added = [managed.http, managed.stream, join(root, 'http'), join(root, 'stream')];

  const place = async (path: string) => join(await folder(dirname(path)), basename(path));
  const instead = await overlaid(overlay, managed, place);
  const locate = async (path: string) => {
    const located = await place(path);
    let hop = located;
    for (let hops = 0; hops < 8; hops += 1) {
      if (hop === managed.http || hop === managed.stream || instead.has(hop)) return hop;
      const target = await readlink(hop).catch(() => undefined);
      if (target === undefined) break;
      hop = await place(resolve(dirname(hop), target));
    }
    return located;
  };
  const names = async (path: string) => {
    const real = await folder(path);
    const listed = await readdir(path).catch(() => []);
    const missing = added.filter((each) => dirname(each) === real).map((each) => basename(each));
    const fresh = [...instead].filter(([each]) => dirname(each) === real);
    const there = new Set([...listed, ...missing]);
    for (const [each, file] of fresh) there[file === undefined ? 'delete' : 'add'](basename(each));
    return [...there];
  };
  const texts = new Map<string, Promise<string>>();
  return {
    managed,
    locate,
    names,
    isPlain: overlay === undefined,
    isClosed: (path, text) =>
      overlay !== undefined && path.startsWith(`${overlay.folder}/`) && !text.includes('include'),
    read: (path, where) =>
      remember(texts, path, () =>
        instead.has(path) ? readInstead(instead.get(path)) : readText(path),
      ).catch((error: unknown) => {
        if (isLenient && where !== undefined && isMissing(error)) return '';
        throw new ProblemError(unreadable(path, where, error), { cause: error });
      }),
  };
}

/** By path with its folder's links followed. */
async function overlaid(
  overlay: Overlay | undefined,
  managed: Managed,
  place: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, string | undefined>> {
  if (overlay === undefined) return new Map();
  const { folder, files } = overlay;
  const placed = [...files].map(async ([path, file]) => [await place(path), file] as const);
  return new Map([
    ...(await Promise.all(placed)),
    [managed.http, join(folder, 'http.conf')],
    [managed.stream, join(folder, 'stream.conf')],
  ]);
}

/** `create`'s answer for a key, asked for once. */
function remember<Value>(known: Map<string, Value>, key: string, create: () => Value): Value {
  const value = known.get(key) ?? create();
  known.set(key, value);
  return value;
}

/** The folder's real path; where it does not exist, that of the nearest one that does, and the rest. */
async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path === dirname(path) ? path : join(await realFolder(dirname(path)), basename(path));
  }
}

/** nginx reads as many bytes as fstat(2) tells, so none of a device; a FIFO would never end. */
async function readText(path: string): Promise<string> {
  const found = await stat(path);
  return found.isFile() || found.isDirectory() ? readFile(path, 'latin1') : '';
}

async function readInstead(path: string | undefined): Promise<string> {
  if (path === undefined) throw Object.assign(new Error('it is to be gone'), { code: 'ENOENT' });
  return readText(path);
}

const REASONS: Readonly<Record<string, { why: string; remedy: string }>> = {
  ENOENT: { why: 'no such file', remedy: 'restore it, or take it out of the configuration' },
  ENOTDIR: { why: 'no such file', remedy: 'restore it, or take it out of the configuration' },
  EISDIR: { why: 'it is a folder', remedy: 'include the files in it, or move it elsewhere' },
  EACCES: { why: 'permission denied', remedy: "run upsync as the user that nginx's master runs as" },
};

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function unreadable(path: string, where: string | undefined, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const { why, remedy } = REASONS[code] ?? { why: String(error), remedy: 'see that nginx can read it' };
  return { what: `cannot read ${path}: ${why}`, ...(where !== undefined && { where }), remedy };
}
