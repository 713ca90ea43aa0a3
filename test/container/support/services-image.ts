import { join } from 'node:path';
import { execa } from 'execa';
import { docker } from './docker.ts';

const folder = join(import.meta.dirname, '../../../demo/services');

/** The demo services' own Dockerfile, on the local image of Node. */
export async function buildServices(): Promise<void> {
  const base = ['--build-arg', 'NODE_IMAGE=upsync-test/node'];
  await docker('build', '--force-rm', ...base, '--tag', 'upsync-test/services', folder);
}

/** The same with a port that the image itself exposes, as `upsync-test/services-PORT`. */
export async function buildExposing(port: number): Promise<void> {
  const input = `FROM upsync-test/services\nEXPOSE ${port}\n`;
  await execa('docker', ['build', '--force-rm', '--tag', `upsync-test/services-${port}`, '-'], { input });
}
