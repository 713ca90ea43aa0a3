import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import { isCode, syncPath, writeNew } from './disk.ts';
import { layoutOf } from './layout.ts';

/** The balancer's files by name. */
interface LuaCode {
  readonly hash: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Beside `src/` as well as beside `dist/`. */
const source = resolve(import.meta.dirname, '../../nginx/lua');

/** The balancer of a managed folder, and its code, which is laid there with the first release that names it. */
export interface Lua {
  readonly balancer: LuaBalancer;
  readonly code: LuaCode;
}

export function luaFor(output: string, isTold: boolean): Lua {
  const code = readCode();
  const id = createHash('sha256').update(output).digest('hex').slice(0, 8);
  return { code, balancer: { output, id, isTold, folder: join(layoutOf(output).lua, code.hash) } };
}

function readCode(): LuaCode {
  const names = readdirSync(source).filter((name) => name.endsWith('.lua'));
  const files = new Map(names.sort().map((name) => [name, readFileSync(join(source, name), 'utf8')]));
  const hash = createHash('sha256');
  for (const [name, text] of files) hash.update(`${name}\0${text.length}\0${text}\0`);
  return { hash: hash.digest('hex').slice(0, 16), files };
}

/** Puts the code where releases name it, complete and in one step. What lies there already is never changed. */
export async function layCode(folder: string, { files }: LuaCode): Promise<void> {
  if ([...files.keys()].every((name) => existsSync(join(folder, name)))) return;
  const fresh = `${folder}.${randomUUID()}`;
  try {
    for (const [name, text] of files) await writeNew(join(fresh, name), text);
    for (const name of files.keys()) await syncPath(join(fresh, name));
    await syncPath(fresh);
    // Only what somebody took files away from lies there: a worker that has it loaded reads it no more.
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error;
  }
  await syncPath(dirname(folder));
}
