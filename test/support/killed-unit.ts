import fs, { type PathLike } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';

/**
 * A unit as the daemon runs it, killed at a step on its way, by its number (from 1); at 0 it is not. A step is whatever
 * its disk can be seen to go through, and the end of the reload. Each is written as a line.
 */
const [killedAt = '0', folder = '', text = '', ...names] = process.argv.slice(2);
let steps = 0;

function step(name: string): void {
  steps += 1;
  fs.writeSync(1, `${name}\n`);
  if (killedAt === String(steps)) process.kill(process.pid, 'SIGKILL');
}

/** Without what is random. */
const name = (path: PathLike) =>
  basename(String(path))
    .replace(/\.[0-9a-f-]{36}$/, '')
    .replace(/^\d{8}T\d{6}\.\d{3}Z-/, '');
const change = (what: string, path: unknown) => {
  const place = String(path);
  const isOurs = ['out', 'etc'].some((part) => place.startsWith(`${folder}/${part}/`));
  if (isOurs) step(`${what} ${name(place)}`);
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
  change('write', path);
  writeFileSync(path, ...rest);
};
const { rm } = files;
files.rm = (path, options) => {
  change('rm', path);
  return rm(path, options);
};
syncBuiltinESMExports();

const { runUnit } = await import('./unit-run.ts');
await runUnit(folder, text, names, (event) => {
  if (event.type === 'applied') step('reloaded');
});
