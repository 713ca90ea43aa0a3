import { commonSettings } from './common-settings.ts';
import { furtherSettings } from './further-settings.ts';
import type { Setting } from './setting.ts';

/**
 * The one table behind file, flags and environment, by key, so that the three cannot drift. Keys that
 * share a flag take its value in parts, joined by `:`.
 */
export const settings = { ...commonSettings, ...furtherSettings };

/** The settings of each flag with their keys, in the table's order. */
export function byFlag(table: Readonly<Record<string, Setting>>): ReadonlyMap<string, readonly Keyed[]> {
  const keyed = Object.entries(table).map(([key, setting]) => ({ key, setting }));
  return Map.groupBy(keyed, ({ setting }) => setting.flag);
}

export interface Keyed {
  readonly key: string;
  readonly setting: Setting;
}

/** `--nginx-conf` is `UPSYNC_NGINX_CONF`, and of what `upsync register` alone has, `--ip` is `UPSYNC_REGISTER_IP`. */
export function variable({ key, setting }: Keyed): string {
  const flag = setting.flag.replace(/^--/, key.startsWith('register.') ? 'register-' : '');
  return `UPSYNC_${flag.replaceAll('-', '_').toUpperCase()}`;
}
