import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

/**
 * All that is fetched and is no Debian or npm package of the machine's. `npm ci` takes it away with the
 * rest.
 */
export const cache = join(root, 'node_modules/.cache/upsync');
