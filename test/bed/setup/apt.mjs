import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { run } from './run.mjs';
import { SetupError, step } from './say.mjs';

const policy = '/usr/sbin/policy-rc.d';

/** Installs Debian packages. They start no service: tests and CI start what they need by themselves. */
export async function install(packages, why) {
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  needRoot(`${packages.join(' and ')} not found`, command);
  await step(`apt-get install ${packages.join(' ')}`, why, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const wait = ['-o', 'DPkg::Lock::Timeout=120'];
    await run('apt-get', [...wait, 'update'], { env, remedy: 'look at the sources in /etc/apt' });
    await startingNoService(() =>
      run('apt-get', [...wait, 'install', '--yes', '--no-install-recommends', ...packages], {
        env,
        remedy: `try it by hand: ${command}`,
      }),
    );
  });
}

/**
 * Where this machine takes its Debian packages from, and its release's code name, as apt itself knows
 * them.
 */
export async function mirror() {
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const find = async () => {
    const targets = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME)']);
    return targets
      .split('\n')
      .find((line) => line.endsWith(` ${codename}`))
      ?.split(' ')[0];
  };
  // apt tells nothing of a source whose lists it has not read yet, as on a machine just made.
  const uri = (await find()) ?? (await readLists().then(find));
  if (uri === undefined) {
    throw new SetupError(
      `apt knows no source for ${codename}`,
      'this set-up is made for Debian; look at /etc/apt',
    );
  }
  return { uri, codename };
}

async function readLists() {
  needRoot('apt has no package lists', 'apt-get update');
  await step('apt-get update', 'apt has no package lists', () => run('apt-get', ['update']));
}

function needRoot(what, command) {
  if (process.getuid() !== 0)
    throw new SetupError(`${what}, and root is needed to help it`, `as root: ${command}`);
}

/** Debian's packages ask policy-rc.d before they start their service; 101 means no. */
async function startingNoService(work) {
  if (existsSync(policy)) return work();
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    await rm(policy);
  }
}
