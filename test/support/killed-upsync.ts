import fs, { type PathLike } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { assemble, follow, wayFor } from '../../src/assemble.ts';
import { createProgram, givenFlags } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import type { Event } from '../../src/pipeline/event.ts';
import { loop } from '../../src/pipeline/loop.ts';
import { serviceQueries } from '../../src/pipeline/observe.ts';
import { quiescence } from '../../src/pipeline/quiescence.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { acquireLock } from '../../src/release/lock.ts';

/**
 * upsync as src/daemon.ts composes it, up to the first release that is published. Every step on the way is
 * written as a JSON line: what the pipeline reports, the end of a reload, and each change to the managed
 * folder, and to `conf.d` beside it, that others can see, its lock aside. The first argument says at which step it is killed, by its name or its number
 * (from 1); at 0 it is not. The others are upsync's own.
 */
const [killedAt = '0', ...argv] = process.argv.slice(2);
let steps = 0;

function step(name: string): void {
  steps += 1;
  // To the pipe at once: nothing of a killed process is written later.
  process.stdout.write(`${JSON.stringify({ level: 'info', event: 'step', msg: name })}\n`);
  if (killedAt === name || killedAt === String(steps)) process.kill(process.pid, 'SIGKILL');
}

const output = argv[argv.indexOf('--output') + 1] ?? '';
const beside = join(dirname(output), 'conf.d');
/** Without what is random; some folders are named by the hash of what they hold. */
const name = (path: PathLike) =>
  basename(String(path))
    .replace(/\.[0-9a-f]{6}$|\.[0-9a-f-]{36}$/, '')
    .replace(/\.[0-9a-f]{8}$/, '.SAVED')
    .replace(/^[0-9a-f]{16}$/, 'HASH');
const change = (what: string, path: PathLike) => {
  const isSeen = [output, beside].some((folder) => String(path).startsWith(`${folder}/`));
  if (isSeen && name(path) !== 'upsync.sock') step(`before ${what} ${name(path)}`);
};
const { link, rename, rm, symlink, unlink } = files;
files.link = (from, to) => {
  change('link', to);
  return link(from, to);
};
files.rename = (from, to) => {
  change('rename', to);
  return rename(from, to);
};
files.symlink = (target, path) => {
  change('symlink', path);
  return symlink(target, path);
};
files.unlink = (path) => {
  change('unlink', path);
  return unlink(path);
};
files.rm = (path, options) => {
  change('rm', path);
  return rm(path, options);
};
const { renameSync, rmSync, symlinkSync, writeFileSync } = fs;
fs.renameSync = (from, to) => {
  change('rename', to);
  renameSync(from, to);
};
fs.rmSync = (path, options) => {
  change('rm', path);
  rmSync(path, options);
};
fs.symlinkSync = (target, path, type) => {
  change('symlink', path);
  symlinkSync(target, path, type);
};
fs.writeFileSync = (path, ...rest) => {
  // One of those that lie unread until the switch.
  if (typeof path === 'string' && name(path) === 'peers') change('write', path);
  writeFileSync(path, ...rest);
};
syncBuiltinESMExports();

const ended = new AbortController();
const { signal } = ended;
const io = { env: {}, cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr, signal };
const program = createProgram({ ...io, onHangUp: () => {}, onSignal: () => {} });
program.parse(argv, { from: 'user' });
const services: unknown = program.getOptionValue('service');
const config = await loadConfig({
  flags: givenFlags(program),
  services: Array.isArray(services) ? services.map(String) : [],
  file: argv.includes('--config') ? argv[argv.indexOf('--config') + 1] : undefined,
  env: {},
  cwd: io.cwd,
});

function report(event: Event): void {
  if (event.type === 'progress')
    step(`${event.step}${event.part === undefined ? '' : ` ${name(event.part)}`}`);
  if (event.type === 'reconciled' && event.outcome.kind === 'published') ended.abort();
}

await using lock = await acquireLock(config.output);
const bell = quiescence(config.plan.wait, systemClock);
const feed = follow(config, report, bell.change, signal);
const way = await wayFor(config, signal);
const pipeline = assemble(config, { ...lock, way, report, feed });
const { gateway } = pipeline;
const stepwise = {
  ...gateway,
  async apply(...args: Parameters<typeof gateway.apply>) {
    const proof = await gateway.apply(...args);
    step('reloaded');
    return proof;
  },
};
feed.want(config.plan.upstreams.flatMap(serviceQueries));
await recover(pipeline, signal);
await loop({ ...pipeline, gateway: stepwise }, bell, signal);
