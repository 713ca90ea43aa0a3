import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';
import { step } from './say.mjs';

/** The npm packages of our lock file; Node 24 itself is one of them. */
export function ensureNodeModules() {
  return ensurePackages('.');
}

/** Those of the demo services, which have a lock file of their own. */
export function ensureServiceModules() {
  return ensurePackages('demo/services');
}

async function ensurePackages(folder) {
  const home = join(root, folder);
  const lock = join(home, 'package-lock.json');
  const installed = join(home, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const why = existsSync(installed)
    ? 'package-lock.json is newer than node_modules'
    : 'node_modules is missing';
  await step(folder === '.' ? 'npm ci' : `npm ci in ${folder}`, why, () =>
    run('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: home,
      remedy: 'does npm reach its registry? npm ping',
    }),
  );
}
