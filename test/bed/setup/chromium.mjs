import { install } from './apt.mjs';
import { which } from './run.mjs';

/** The browser that the page is tested in. A page without any font has no text. */
export async function ensureChromium() {
  if (process.env.CHROMIUM_BIN !== undefined || which('chromium') !== undefined) return;
  await install(['chromium', 'fonts-dejavu-core'], 'no CHROMIUM_BIN, and no chromium on the path');
}
