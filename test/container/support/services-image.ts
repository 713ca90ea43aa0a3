import { join } from 'node:path';
import { docker } from './docker.ts';

const folder = join(import.meta.dirname, '../../../demo/services');

/** The demo services' own Dockerfile, on the local image of Node. */
export async function buildServices(): Promise<void> {
  const base = ['--build-arg', 'NODE_IMAGE=upsync-test/node'];
  await docker('build', '--force-rm', ...base, '--tag', 'upsync-test/services', folder);
}
