import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Verdict } from '../pipeline/outcome.ts';
import { type Problem, ProblemError } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import { type Build, readBuild } from './build.ts';
import { configOf } from './config-of.ts';
import { type Crawl, crawl } from './crawl.ts';
import { overlayOf } from './overlay.ts';
import { readMessages } from './test-messages.ts';
import { runNginx } from './test-run.ts';
import { type Tree, writeTree } from './test-tree.ts';

export interface TestOptions {
  /** A path, or a name that PATH finds. */
  readonly binary: string;
  readonly conf: string;
  /** nginx's `-p`, where its master has one. */
  readonly prefix?: string;
  /** The managed folder. */
  readonly output: string;
  /** What `nginx -V` says; asked each time by default, which costs as much as the test itself. */
  readonly build?: (signal: AbortSignal) => Promise<Build>;
  /** Milliseconds for nginx to read it all; 30 s by default. */
  readonly timeout?: number;
}

/**
 * Tests a candidate within nginx's whole configuration, and proves that nginx read it. Nothing outside
 * a folder of its own in the system's temporary one is created or changed, and that goes in the end.
 * Throws the signal's reason when aborted, and what the disk says where the folder cannot be written.
 */
export async function testCandidate(
  options: TestOptions,
  candidate: Tested,
  signal: AbortSignal,
): Promise<Verdict> {
  const stage = await makeStage();
  try {
    return await testIn(stage, options, candidate, signal);
  } finally {
    await removeStage(stage);
  }
}

/** A candidate that may still be being written. */
export type Tested = Folder | Promise<Folder>;
type Folder = Pick<Candidate, 'folder' | 'outside' | 'kept'>;

export function makeStage(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'upsync-test-'));
}

export function removeStage(stage: string): Promise<void> {
  return rm(stage, { recursive: true, force: true });
}

/** The same in `stage`, an empty folder that stays. */
export async function testIn(
  stage: string,
  options: TestOptions,
  candidate: Tested,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    const [conf, output] = [resolve(options.conf), resolve(options.output)];
    const [build, plain, { folder, http, stream, outside, overlay }] = await Promise.all([
      options.build?.(signal) ?? readBuild(options.binary, signal),
      // What is not there yet may come with the candidate.
      Promise.allSettled([crawl(conf, output, signal)]),
      filesIn(candidate),
    ]);
    const config =
      overlay === undefined ? fulfilled(plain[0]) : await crawl(conf, output, signal, { overlay });
    const missing = missingIncludes(config, options, stream.length > 0);
    if (missing.length > 0) return { kind: 'refused', problems: missing };
    const tree = await writeTree(config, folder, stage, build.without);
    signal.throwIfAborted();
    const own = [...http, ...(config.included.stream ? stream : [])];
    const expected = [
      tree.http,
      ...(config.included.stream ? [tree.stream] : []),
      ...(overlay === undefined ? own : own.map(tree.staged)),
      ...(await Promise.all(outside.map(config.locate))).map(tree.staged),
    ];
    return await run(options, tree, expected, stage, signal);
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'refused', problems: [error.problem] };
    throw error;
  }
}

async function run(
  { binary, prefix, timeout = 30_000 }: TestOptions,
  tree: Tree,
  expected: readonly string[],
  stage: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const place = prefix === undefined ? [] : ['-p', resolve(prefix)];
  const args = ['-T', '-q', '-e', '/dev/null', '-c', tree.conf, ...place];
  const { ok, stdout, stderr } = await runNginx(binary, args, { cwd: stage, timeout }, signal);
  const { problems, warnings } = readMessages(stderr, tree.restore);
  if (!ok) return { kind: 'refused', problems: problems.length > 0 ? problems : [unexplained(stderr, tree)] };

  // The output holds the whole configuration, secrets included: it is only searched.
  const read = new Set(stdout.match(/^# configuration file .*:$/gm));
  const unread = expected.filter((path) => !read.has(`# configuration file ${path}:`));
  if (unread.length > 0)
    return { kind: 'refused', problems: unread.map((path) => notRead(tree.restore(path))) };
  return { kind: 'accepted', warnings };
}

async function filesIn(candidate: Tested) {
  const written = await candidate;
  const folder = await configOf(written);
  const [http, stream, overlay] = await Promise.all([
    filesOf(folder, 'http'),
    filesOf(folder, 'stream'),
    overlayOf(written, folder),
  ]);
  return { folder, http, stream, overlay, outside: written.outside ?? [] };
}

function fulfilled<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

async function filesOf(folder: string, context: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, context), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const whys = {
  http: ': there nginx tells what it runs, whatever its upstreams are',
  stream: ', for upstreams of tcp and udp',
} as const;

/** Where the managed folder is included at the wrong place, nginx says so itself. */
export function missingIncludes(
  { included, placed }: Pick<Crawl, 'included' | 'placed'>,
  { conf, output }: Pick<TestOptions, 'conf' | 'output'>,
  streams: boolean,
): readonly Problem[] {
  const needed = { http: true, stream: streams };
  return (['http', 'stream'] as const)
    .filter((context) => needed[context] && !included[context])
    .map((context) => {
      const hasBlock = placed.some((one) => one.context.length === 0 && one.directive.name === context);
      const include = `include ${join(resolve(output), context, '*.conf')};`;
      return {
        what: `nginx.conf does not include the managed folder's ${context} part`,
        where: conf,
        remedy: hasBlock
          ? `add \`${include}\` inside its ${context} block`
          : `add \`${context} { ${include} }\` outside of all blocks${whys[context]}`,
      };
    });
}

function notRead(file: string): Problem {
  return {
    what: 'nginx accepted its configuration without reading this file',
    where: file,
    remedy: 'see whether an include reaches it',
  };
}

function unexplained(stderr: string, tree: Tree): Problem {
  if (stderr.includes('invalid option: "e"')) {
    return {
      what: 'this nginx is too old to test with: it has no option -e',
      remedy: 'use nginx 1.19.5 or newer',
    };
  }
  return {
    what: tree.restore(stderr.trim()) || 'nginx failed and did not say why',
    remedy: 'run `nginx -t` by hand',
  };
}
