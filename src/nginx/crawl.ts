import { basename, dirname, isAbsolute } from 'node:path';
import { type Problem, ProblemError } from '../pipeline/problem.ts';
import { type Directive, lineAt, tokenize } from '../syntax/tokenize.ts';
import { type Disk, type DiskView, type Managed, openDisk } from './crawl-disk.ts';
import { glob, isPattern } from './glob.ts';

/** One file on the include path. */
export interface Source {
  /** Absolute, with the links of its folder followed. */
  readonly path: string;
  /** As the configuration spells it: what nginx names in its messages. */
  readonly shown: string;
  /** Each character is one byte. */
  readonly text: string;
}

/** A directive where it stands. */
export interface Placed {
  readonly source: Source;
  readonly directive: Directive;
  /** The blocks around it, outermost first, over includes. */
  readonly context: readonly string[];
  /** Of an include: the paths it reads, in nginx's order. */
  readonly includes?: readonly string[];
}

/** nginx's configuration as it is on disk; what the managed folder holds is read only of an overlay. */
export interface Crawl {
  /** nginx.conf, with the links of its folder followed. */
  readonly conf: string;
  readonly sources: readonly Source[];
  /** Every directive; of data blocks (map, types …) only their includes. */
  readonly placed: readonly Placed[];
  /** As configured; relative to nginx's prefix. */
  readonly pid: string | undefined;
  readonly managed: Managed;
  /** The path by which a file is known here, with the links of its folder followed. */
  locate(path: string): Promise<string>;
  /** Whether the managed folder's files are on the include path. */
  readonly included: { readonly http: boolean; readonly stream: boolean };
}

// Blocks whose words are data, each with whether its handler knows `include`.
const DATA: Readonly<Record<string, boolean>> = {
  map: true,
  geo: true,
  types: true,
  split_clients: false,
  charset_map: false,
  match: false,
};

/**
 * Reads nginx.conf and all that it includes: as it is, or as it would be with an overlay, whose contents are read too.
 * Throws ProblemError where nginx could not read on either, but for files that are missing if `isLenient`.
 */
export async function crawl(
  conf: string,
  output: string,
  signal?: AbortSignal,
  view: DiskView = {},
): Promise<Crawl> {
  const disk = await openDisk(output, view);
  const start = await disk.locate(conf);
  const home = dirname(conf);
  const sources = new Map<string, Source>();
  const placed: Placed[] = [];
  const seen = new Set<string>();

  const visit = async (path: string, shown: string, where: string | undefined, context: Context) => {
    signal?.throwIfAborted();
    if (disk.isPlain && (path === disk.managed.http || path === disk.managed.stream)) return;
    if (context.files.includes(path)) {
      throw new ProblemError(cycle(shown, where));
    }
    const key = [path, ...context.blocks].join('\0');
    if (seen.has(key)) return;
    seen.add(key);
    const source = sources.get(path) ?? { path, shown, text: await disk.read(path, where) };
    sources.set(path, source);
    if (disk.isClosed(path, source.text)) return;
    // Large geo bases and maps rarely include anything.
    if (isData(context.blocks) && !source.text.includes('include')) return;
    await walk(source, tokenize(source.text, shown), { ...context, files: [...context.files, path] });
  };

  const walk = async (source: Source, directives: readonly Directive[], context: Context) => {
    for (const directive of directives) {
      const included = includes(directive, context.blocks);
      if (included !== undefined) {
        const shown = await expand(included, home, context.blocks, disk);
        const paths = await Promise.all(shown.map((path) => disk.locate(path)));
        placed.push({ source, directive, context: context.blocks, includes: paths });
        const where = `${source.shown}:${lineAt(source.text, directive.end)}`;
        for (const [index, path] of paths.entries()) await visit(path, shown[index] ?? path, where, context);
      } else if (!isData(context.blocks)) {
        placed.push({ source, directive, context: context.blocks });
        if (directive.block)
          await walk(source, directive.block, { ...context, blocks: [...context.blocks, directive.name] });
      }
    }
  };

  await visit(start, conf, undefined, { blocks: [], files: [] });
  const reached = new Set(placed.flatMap(({ includes: paths = [] }) => paths));
  const pid = placed.findLast(({ directive, context }) => directive.name === 'pid' && context.length === 0);
  return {
    conf: start,
    sources: [...sources.values()],
    placed,
    pid: pid?.directive.args[0] && utf8(pid.directive.args[0].value),
    managed: disk.managed,
    locate: disk.locate,
    included: { http: reached.has(disk.managed.http), stream: reached.has(disk.managed.stream) },
  };
}

/** The text of words that were read byte by byte. */
export function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

interface Context {
  readonly blocks: readonly string[];
  /** The files being read: one that is read again within itself would never end. */
  readonly files: readonly string[];
}

function isData(blocks: readonly string[]): boolean {
  return DATA[blocks.at(-1) ?? ''] !== undefined;
}

/** What a directive includes, if it is an include. */
function includes(directive: Directive, blocks: readonly string[]): string | undefined {
  const [path, ...more] = directive.args;
  if (directive.name !== 'include' || path === undefined || more.length > 0 || directive.block)
    return undefined;
  return DATA[blocks.at(-1) ?? ''] === false ? undefined : utf8(path.value);
}

/** The files of an include. Relative ones start from nginx.conf's folder; geo knows no patterns. */
function expand(path: string, home: string, blocks: readonly string[], disk: Disk) {
  const full = isAbsolute(path) ? path : `${home}/${path}`;
  if (!isPattern(full) || blocks.at(-1) === 'geo') return Promise.resolve([full]);
  return glob(full, disk.names);
}

function cycle(shown: string, where: string | undefined): Problem {
  return {
    what: `${basename(shown)} includes itself`,
    ...(where !== undefined && { where }),
    remedy: 'take one of the includes out',
  };
}
