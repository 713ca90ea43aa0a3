import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface LuaBuild {
  /** What has to stand at the top of nginx.conf: nothing where it is built in, as in OpenResty. */
  readonly load: string;
}

/** How nginx comes by its Lua module; undefined where it has none. */
export function luaBuild(binary = 'nginx'): LuaBuild | undefined {
  const { stderr: built } = spawnSync(binary, ['-V'], { encoding: 'utf8' });
  if (/--add-module=\S*(lua-nginx-module|ngx_lua)/.test(built)) return { load: '' };
  const folder = /--modules-path=(\S+)/.exec(built)?.[1] ?? '';
  const files = ['ndk_http_module.so', 'ngx_http_lua_module.so'].map((name) => join(folder, name));
  if (!files.every((file) => existsSync(file))) return undefined;
  return { load: files.map((file) => `load_module ${file};`).join('\n') };
}
