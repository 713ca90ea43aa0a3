import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';
import { step } from './say.mjs';

/** The npm packages of the lock file; Node 24 itself is one of them. */
export async function ensureNodeModules() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const why = existsSync(installed)
    ? 'package-lock.json is newer than node_modules'
    : 'node_modules is missing';
  await step('npm ci', why, () =>
    run('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      remedy: 'does npm reach its registry? npm ping',
    }),
  );
}
