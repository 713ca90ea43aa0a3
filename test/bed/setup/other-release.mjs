import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mirror } from './apt.mjs';
import { run } from './run.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Unpacks a package of another Debian release into a folder. It is not installed: apt reads a source
 * list of its own and keeps its state beside the folder, so that the machine's apt never hears of that
 * release. Needs no root.
 */
export async function unpackFrom(release, name, folder) {
  const { uri } = await mirror();
  await mkdir(dirname(folder), { recursive: true });
  const state = await mkdtemp(`${folder}.apt-`);
  try {
    for (const part of ['lists/partial', 'archives/partial', 'download']) {
      await mkdir(join(state, part), { recursive: true });
    }
    await writeFile(join(state, 'sources.list'), `deb [signed-by=${keyring}] ${uri} ${release} main\n`);
    await writeFile(join(state, 'status'), '');
    const options = [
      `Dir::Etc::SourceList=${state}/sources.list`,
      'Dir::Etc::SourceParts=/dev/null',
      `Dir::State::Lists=${state}/lists`,
      `Dir::State::Status=${state}/status`,
      `Dir::Cache=${state}`,
      'Acquire::Languages=none',
    ].flatMap((option) => ['-o', option]);
    await run('apt-get', [...options, 'update']);
    const download = join(state, 'download');
    await run('apt-get', [...options, 'download', name], { cwd: download });
    const [deb] = await readdir(download);
    await unpack(join(download, deb), folder);
  } finally {
    await rm(state, { recursive: true });
  }
}

/** Unpacks a .deb. The folder is there only once it is whole. */
export async function unpack(deb, folder) {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await run('dpkg', ['-x', deb, partial]);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}
