import { join } from 'node:path';
import { docker } from './docker.ts';

const root = join(import.meta.dirname, '../../..');

export type Via = 'reload' | 'push';

/** The gateway's image and the sidecar's, each with the nginx that `via` takes. */
export const imagesFor = {
  reload: { gateway: 'upsync-test/nginx', sidecar: 'upsync-test/upsync' },
  push: { gateway: 'upsync-test/nginx-push', sidecar: 'upsync-test/upsync-push' },
} as const satisfies Record<Via, unknown>;

/**
 * The product's own Dockerfile, on the local images. Docker's cache makes this quick where nothing has
 * changed.
 */
export async function buildSidecar(): Promise<void> {
  await build('upsync-test/upsync', []);
}

/** Both images that it makes for an nginx that follows with no reload. */
export async function buildForPush(): Promise<void> {
  await build(imagesFor.push.gateway, ['--target', 'gateway', '--build-arg', 'VIA=push']);
  await build(imagesFor.push.sidecar, ['--build-arg', 'VIA=push']);
}

async function build(tag: string, more: readonly string[]): Promise<void> {
  const bases = [
    'NGINX_IMAGE=upsync-test/nginx',
    'DEBIAN_IMAGE=upsync-test/debian',
    'NODE_IMAGE=upsync-test/node',
  ];
  const args = bases.flatMap((base) => ['--build-arg', base]);
  await docker('build', '--force-rm', ...args, ...more, '--tag', tag, root);
}
