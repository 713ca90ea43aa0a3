import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'chromium'));

/** `CHROMIUM_BIN`, else one on the PATH; undefined without. */
export const chromium = process.env.CHROMIUM_BIN ?? onPath.find((path) => existsSync(path));
