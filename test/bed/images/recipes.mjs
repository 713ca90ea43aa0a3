import { readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mirror } from '../setup/apt.mjs';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const packages = [
  'ca-certificates',
  'nginx',
  'libnginx-mod-http-lua',
  'libnginx-mod-stream',
  'tini',
  'mariadb-server-core',
  'mariadb-client-core',
  'redis-tools',
];

/**
 * A recipe: the machine's own Debian release with what the other images need, so that none of them needs
 * a network.
 */
export function debian() {
  return { inputs: () => packages, make: bootstrap };
}

async function bootstrap(_name, tag, label) {
  const { uri, codename } = await mirror();
  await inScratch(async (scratch) => {
    const target = join(scratch, 'debian');
    const include = `--include=${packages.join(',')}`;
    await run('debootstrap', ['--variant=minbase', include, codename, target, uri]);
    const tar = join(scratch, 'debian.tar');
    const leftOut = ['./var/cache/apt', './var/lib/apt/lists', './dev', './proc', './sys'];
    await run('tar', [...leftOut.map((path) => `--exclude=${path}/*`), '-C', target, '-cf', tar, '.']);
    await run('docker', ['import', '--change', `LABEL ${label}`, tar, tag]);
  });
}

/**
 * A recipe: the Dockerfile in `test/container/images/<name>`, on top of an image. `files` are copied
 * beside it from elsewhere, `prepare` adds more to that folder, `inputs` are what else the image depends
 * on.
 */
export function onTopOf(base, { files = {}, inputs = [], prepare = async () => {}, args = {} } = {}) {
  return {
    inputs: (name) => [base, inputs, args, contentsOf(sourceOf(name)), Object.values(files).map(stampOf)],
    make: (name, tag, label) =>
      inScratch(async (context) => {
        await cp(sourceOf(name), context, { recursive: true });
        for (const [file, from] of Object.entries(files)) {
          await cp(from, join(context, file), { recursive: true });
        }
        await prepare(context);
        const buildArgs = Object.entries({ BASE: base, ...args }).flatMap(([key, value]) => [
          '--build-arg',
          `${key}=${value}`,
        ]);
        await run('docker', ['build', '--tag', tag, '--label', label, ...buildArgs, context]);
      }),
  };
}

const sourceOf = (name) => join(root, 'test/container/images', name);

function contentsOf(folder) {
  return readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
}

/** Enough to tell a program from its next version, without reading all of it. */
function stampOf(path) {
  const { size, mtimeMs } = statSync(path);
  return [path, size, mtimeMs];
}

async function inScratch(work) {
  const scratch = await mkdtemp(join(tmpdir(), 'upsync-image-'));
  try {
    await work(scratch);
  } finally {
    await rm(scratch, { recursive: true });
  }
}
