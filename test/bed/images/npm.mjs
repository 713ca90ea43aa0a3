import { cpSync, readFileSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { run, which } from '../setup/run.mjs';

const manifests = ['package.json', 'package-lock.json', '.npmrc'];
/** Those with a Dockerfile that runs `npm ci`. */
const projects = [root, join(root, 'demo/services')];

/** npm as this machine has it: a folder that runs wherever there is a node. */
export function npmFolder() {
  return join(realpathSync(which('npm')), '../..');
}

/** npm files what it caches under the registry's address. */
export async function npmRegistry() {
  return (await run('npm', ['config', 'get', 'registry'])).trim();
}

/** All that decides which packages `npm ci` asks for. */
export function npmInputs() {
  return projects.map((project) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    return [dependencies, devDependencies, readFileSync(join(project, 'package-lock.json'), 'utf8')];
  });
}

/** Leaves an npm cache in `npm-cache` from which `npm ci` for each project needs no registry. */
export async function fillNpmCache(context) {
  const scratch = join(context, 'project');
  for (const project of projects) {
    for (const file of manifests) cpSync(join(project, file), join(scratch, file));
    await run('npm', ['ci', '--ignore-scripts', '--cache', join(context, 'npm-cache')], { cwd: scratch });
    await rm(scratch, { recursive: true });
  }
}
