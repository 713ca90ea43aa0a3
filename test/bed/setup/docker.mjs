import { spawnSync } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { install } from './apt.mjs';
import { unpackFrom } from './other-release.mjs';
import { cache } from './paths.mjs';
import { which } from './run.mjs';
import { step } from './say.mjs';

const packages = {
  dockerd: 'docker.io',
  docker: 'docker.io',
  iptables: 'iptables',
  debootstrap: 'debootstrap',
};

/** To be used as DOCKER_CONFIG where the machine has no Compose of its own. */
const config = join(cache, 'docker');

/**
 * An engine (which nothing here starts), Compose, and debootstrap, from which the local base images are
 * made.
 */
export async function ensureDocker() {
  const missing = Object.keys(packages).filter((program) => which(program) === undefined);
  if (missing.length > 0) {
    const wanted = new Set(missing.map((program) => packages[program]));
    await install([...wanted], `no ${missing.join(', no ')} on the path`);
  }
  if (!hasCompose() && !hasCompose({ DOCKER_CONFIG: config })) {
    await step('unpacking Compose from Debian 13', 'docker has no compose command', unpackCompose);
  }
}

function hasCompose(env) {
  return spawnSync('docker', ['compose', 'version'], { env: { ...process.env, ...env } }).status === 0;
}

async function unpackCompose() {
  const folder = join(cache, 'debian/docker-compose');
  const plugin = join(config, 'cli-plugins/docker-compose');
  await unpackFrom('trixie', 'docker-compose', folder);
  await mkdir(join(config, 'cli-plugins'), { recursive: true });
  await rm(plugin, { force: true });
  await symlink(join(folder, 'usr/libexec/docker/cli-plugins/docker-compose'), plugin);
}
