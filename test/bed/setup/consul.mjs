import { join } from 'node:path';
import { unpack, unpackFrom } from './other-release.mjs';
import { cache } from './paths.mjs';
import { isProgram, which } from './run.mjs';
import { SetupError, say, step } from './say.mjs';

const folder = join(cache, 'debian/consul');

/** A real Consul: CONSUL_BIN, or one on the path, or the one unpacked here. */
export function findConsul() {
  return [process.env.CONSUL_BIN, which('consul'), join(folder, 'usr/bin/consul')].find(
    (path) => path !== undefined && isProgram(path),
  );
}

/** Debian 12 has no Consul. Debian 11 has, and its program needs nothing but the C library. */
export async function ensureConsul() {
  if (process.env.CONSUL_BIN && !isProgram(process.env.CONSUL_BIN)) {
    throw new SetupError(`CONSUL_BIN=${process.env.CONSUL_BIN} is no program`, 'name one, or unset it');
  }
  if (findConsul() !== undefined) return;
  await step('unpacking Consul from Debian 11', 'no CONSUL_BIN, and no consul on the path', async () => {
    try {
      await unpackFrom('bullseye', 'consul', folder);
    } catch (error) {
      // Debian moves old releases to its archive some day.
      const deb = process.env.CONSUL_DEB;
      if (!deb)
        throw new SetupError(
          error.message,
          'or set CONSUL_BIN to a consul, or CONSUL_DEB to its Debian package',
        );
      say(`the mirror has no Consul of Debian 11: taking CONSUL_DEB=${deb}`);
      await unpack(deb, folder);
    }
  });
}
