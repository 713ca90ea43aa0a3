import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './apt.mjs';
import { which } from './run.mjs';

/** nginx with its stream module, which Debian packs apart. */
export async function ensureNginx() {
  const nginx = which('nginx');
  if (nginx === undefined) await install(['nginx', 'libnginx-mod-stream'], 'no nginx on the path');
  else if (!hasStream(nginx)) await install(['libnginx-mod-stream'], `${nginx} has no stream module`);
}

/** Its Lua module, by which a new list of servers takes no reload. */
export async function ensureNginxLua() {
  const nginx = which('nginx');
  if (nginx !== undefined && hasLua(nginx)) return;
  await install(['libnginx-mod-http-lua'], `${nginx ?? 'nginx'} has no Lua module`);
}

function hasStream(nginx) {
  const built = howBuilt(nginx);
  if (!built.includes('--with-stream=dynamic')) return built.includes('--with-stream');
  return hasModule(built, 'ngx_stream_module.so');
}

/** OpenResty has it built in. */
function hasLua(nginx) {
  const built = howBuilt(nginx);
  return /--add-module=\S*ngx_lua/.test(built) || hasModule(built, 'ngx_http_lua_module.so');
}

function howBuilt(nginx) {
  return spawnSync(nginx, ['-V'], { encoding: 'utf8' }).stderr;
}

function hasModule(built, name) {
  const modules = /--modules-path=(\S+)/.exec(built)?.[1] ?? '';
  return existsSync(join(modules, name));
}
