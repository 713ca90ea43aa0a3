import { join } from 'node:path';
import { docker } from './docker.ts';

const root = join(import.meta.dirname, '../../..');

/**
 * The product's own Dockerfile, on the local images. Docker's cache makes this quick where nothing has
 * changed.
 */
export async function buildSidecar(): Promise<void> {
  const bases = ['NGINX_IMAGE=upsync-test/nginx', 'NODE_IMAGE=upsync-test/node'];
  const args = bases.flatMap((base) => ['--build-arg', base]);
  await docker('build', '--force-rm', ...args, '--tag', 'upsync-test/upsync', root);
}
