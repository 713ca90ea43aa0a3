#!/usr/bin/env node
// Makes the images that the container tests stand on, out of Debian packages and files of this checkout,
// so that no registry has to be within reach: `node test/bed/images.mjs`. It takes root, a running
// Docker engine and debootstrap.
import { join } from 'node:path';
import { image } from './images/image.mjs';
import { fillNpmCache, npmFolder, npmInputs, npmRegistry } from './images/npm.mjs';
import { debian, onTopOf } from './images/recipes.mjs';
import { findConsul } from './setup/consul.mjs';
import { root } from './setup/paths.mjs';
import { reportErrors, SetupError, say, seconds } from './setup/say.mjs';

await reportErrors(async () => {
  const start = performance.now();
  const base = await image('debian', debian());
  const nginx = await image('nginx', onTopOf(base));
  await image('web', onTopOf(nginx));
  await image('mysql', onTopOf(base));
  await image('redis', onTopOf(base));

  const consul = findConsul();
  if (consul === undefined) throw new SetupError('there is no Consul', 'node test/bed/setup.mjs');
  await image('consul', onTopOf(base, { files: { consul } }));

  const node = join(root, 'node_modules/node/bin/node');
  await image(
    'node',
    onTopOf(base, {
      files: { node, npm: npmFolder() },
      inputs: npmInputs(),
      prepare: fillNpmCache,
      args: { REGISTRY: await npmRegistry() },
    }),
  );
  say(`images: ready (${seconds(start)})`);
});
