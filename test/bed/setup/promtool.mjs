import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mirror } from './apt.mjs';
import { unpack } from './other-release.mjs';
import { cache } from './paths.mjs';
import { isProgram, run, which } from './run.mjs';
import { step } from './say.mjs';

const folder = join(cache, 'debian/prometheus');

/** Prometheus's own checker: PROMTOOL_BIN, or one on the path, or the one unpacked here. */
function findPromtool() {
  return [process.env.PROMTOOL_BIN, which('promtool'), join(folder, 'usr/bin/promtool')].find(
    (path) => path !== undefined && isProgram(path),
  );
}

/** Debian packs it with the server, which nobody needs here: 19 MB to fetch, 48 MB to keep. */
export async function ensurePromtool() {
  if (findPromtool() !== undefined) return;
  await step('unpacking promtool', 'no PROMTOOL_BIN, and no promtool on the path', async () => {
    // Reads the package lists where that has not been done.
    await mirror();
    await mkdir(cache, { recursive: true });
    const place = await mkdtemp(`${cache}/promtool-`);
    try {
      await run('apt-get', ['download', 'prometheus'], { cwd: place });
      const [deb] = await readdir(place);
      await unpack(join(place, deb), folder);
    } finally {
      await rm(place, { recursive: true });
    }
    await rm(join(folder, 'usr/bin/prometheus'), { force: true });
  });
}
