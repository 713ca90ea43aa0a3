import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LuaBalancer } from '../pipeline/balancer.ts';
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
