import { install } from './apt.mjs';
import { which } from './run.mjs';

/** What tells systemd that a service is ready; no systemd has to run. */
export async function ensureSystemdNotify() {
  if (which('systemd-notify') === undefined) await install(['systemd'], 'no systemd-notify on the path');
}
