import { createHash } from 'node:crypto';
import { run } from '../setup/run.mjs';
import { step } from '../setup/say.mjs';

/** Carries the digest of all that went into an image, which is made again only when that changes. */
const label = 'upsync.inputs';

/**
 * Makes `upsync-test/<name>` unless it stands already, and returns its id: an input of what is built on
 * it.
 */
export async function image(name, { inputs, make }) {
  const tag = `upsync-test/${name}`;
  const digest = createHash('sha256')
    .update(JSON.stringify(inputs(name)))
    .digest('hex');
  const present = await inspect(tag);
  if (present?.digest === digest) return present.id;
  const why = present === undefined ? 'there is none' : 'what it is made of has changed';
  await step(`making image ${tag}`, why, () => make(name, tag, `${label}=${digest}`));
  return (await inspect(tag)).id;
}

async function inspect(tag) {
  // A list of images, unlike `docker image inspect`, is no error where there is none.
  const listed = await run('docker', ['image', 'ls', '--no-trunc', '--quiet', tag], {
    remedy: 'start a Docker engine: dockerd',
  });
  const id = listed.trim();
  if (id === '') return undefined;
  const digest = await run('docker', [
    'image',
    'inspect',
    '--format',
    `{{index .Config.Labels "${label}"}}`,
    id,
  ]);
  return { id, digest: digest.trim() };
}
