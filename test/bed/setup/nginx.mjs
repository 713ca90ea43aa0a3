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

function hasStream(nginx) {
  const { stderr: built } = spawnSync(nginx, ['-V'], { encoding: 'utf8' });
  if (!built.includes('--with-stream=dynamic')) return built.includes('--with-stream');
  const modules = /--modules-path=(\S+)/.exec(built)?.[1] ?? '';
  return existsSync(join(modules, 'ngx_stream_module.so'));
}
