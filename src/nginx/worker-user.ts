import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { Problem } from '../pipeline/problem.ts';
import { type Barred, closedToWorkers, type FindBarred } from '../pipeline/rights.ts';
import { type Build, readBuild } from './build.ts';
import { type Crawl, crawl, utf8 } from './crawl.ts';
import { toldOf, workersOf } from './processes.ts';

/** Whom nginx's workers run as: that decides which files they may read. */
export interface WorkerUser {
  /** As it is said to a person. */
  readonly name: string;
  readonly uid: number;
  readonly gids: readonly number[];
}

/**
 * As the workers of `master` are, where they can be seen; else as nginx.conf and the program have it. Undefined where
 * that cannot be told: only a master that is root takes a user for its workers.
 */
export async function workerUser(
  master: number | undefined,
  build: Pick<Build, 'user' | 'group'> | undefined,
  config: Pick<Crawl, 'placed'> | undefined,
): Promise<WorkerUser | undefined> {
  const seen = master === undefined ? undefined : await userOfWorkers(master);
  if (seen !== undefined) return seen;
  if (process.geteuid?.() !== 0 || build === undefined || config === undefined) return undefined;
  const set = config.placed.find(
    ({ directive: { name }, context }) => name === 'user' && context.length === 0,
  );
  const [name = build.user, group = name] = set?.directive.args.map(({ value }) => utf8(value)) ?? [
    build.user,
    build.group,
  ];
  return accountOf(name, group);
}

interface ClosedOptions {
  readonly binary: string;
  readonly conf: string;
  readonly output: string;
  readonly find: FindBarred;
  readonly build?: (signal: AbortSignal) => Promise<Build>;
}

/**
 * What keeps the workers that nginx would start now from what they are to read by push: they would answer 500 to all.
 * `release` is the folder of one that is not live yet.
 */
export async function closedToNewWorkers(
  { binary, conf, output, find, build = (signal) => readBuild(binary, signal) }: ClosedOptions,
  signal: AbortSignal,
  release?: string,
): Promise<Problem | undefined> {
  const user = await workerUser(
    undefined,
    await build(signal),
    await crawl(resolve(conf), resolve(output), signal, { isLenient: true }),
  );
  const barred = user && (await find(user, release));
  if (user === undefined || barred === undefined || (await canAllTheSame(user, barred))) return undefined;
  return closedToWorkers(user.name, barred, output);
}

/** By rights that modes do not show, as those of an access control list. */
async function canAllTheSame({ uid, gids }: WorkerUser, { path, right }: Barred): Promise<boolean> {
  const [gid] = gids;
  const as = gid === undefined ? { uid } : { uid, gid };
  const { failed } = await execa('test', [right === 'search' ? '-x' : '-r', path], { ...as, reject: false });
  return !failed;
}

async function userOfWorkers(master: number): Promise<WorkerUser | undefined> {
  const worker = (await workersOf(master)).find(({ draining }) => !draining);
  if (worker === undefined) return undefined;
  const status = await toldOf(worker.pid);
  const ids = (key: string) =>
    (new RegExp(`^${key}:(.*)$`, 'm').exec(status)?.[1] ?? '')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
  // Real, effective, saved and, last, for files.
  const uid = ids('Uid').at(-1);
  if (uid === undefined) return undefined;
  const gids = [...ids('Gid').slice(-1), ...ids('Groups')];
  const known = (await lines('/etc/passwd')).find(([, , id]) => Number(id) === uid);
  return { name: known?.[0] ?? `user ${uid}`, uid, gids };
}

/** Users that this host's files do not know, as those of LDAP, are not found. */
async function accountOf(name: string, group: string): Promise<WorkerUser | undefined> {
  const groups = await lines('/etc/group');
  const uid = (await lines('/etc/passwd')).find(([known]) => known === name)?.[2];
  // nginx's own default: a group as its user, or as Debian calls that one.
  const names = group === 'nobody' ? ['nobody', 'nogroup'] : [group];
  const gid = groups.find(([known = '']) => names.includes(known))?.[2];
  if (uid === undefined || gid === undefined) return undefined;
  const further = groups.filter(([, , , members = '']) => members.split(',').includes(name));
  return { name, uid: Number(uid), gids: [gid, ...further.map(([, , id]) => id)].map(Number) };
}

async function lines(path: string): Promise<string[][]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}
