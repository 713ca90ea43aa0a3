import { createHash } from 'node:crypto';
import { type LuaBalancer, luaCall, luaText, luaVariable, methodOf } from '../pipeline/balancer.ts';
import type { File } from '../pipeline/release.ts';
import type { Upstream, View } from '../pipeline/view.ts';

/**
 * What stands in an upstream in place of its servers: the block that chooses one of them. nginx wants a `server`
 * all the same. It serves where a worker has nothing to read at all, by 503. Throws where the balancer does not offer
 * the upstream's method.
 */
export function luaServers({ name, balance }: Upstream, unavailable: string, balancer: LuaBalancer): string {
  const method = methodOf(balance);
  if (method === undefined) {
    throw new TypeError(
      `${name}: the Lua balancer cannot do ${balance}; choose another method, or nginx.via: reload`,
    );
  }
  const { call, key } = method;
  const more = key === undefined ? '' : `, ngx.var.${keyVariable(balancer, key)}`;
  return `    server ${unavailable} max_fails=0;
    balancer_by_lua_block {
${luaCall(balancer, `${call}(${luaText(name)}${more})`, '        ')}    }`;
}

/**
 * What the balancer needs besides in http. nginx itself evaluates the keys of `hash`, so its test knows a variable that
 * does not exist. No template can have a destination of this name.
 */
export function luaFile({ upstreams }: View, balancer: LuaBalancer): File {
  const keys = upstreams.flatMap(({ balance }) => methodOf(balance)?.key ?? []);
  const maps = [...new Set(keys)]
    .sort()
    .map((key) => `map "" $${keyVariable(balancer, key)} {\n    volatile;\n    default "${key}";\n}\n`);
  const hook = `log_by_lua_block {\n${luaCall(balancer, 'finish()', '    ')}}\n`;
  return { path: 'http/.balancer.conf', contents: [...maps, ...(balancer.isTold ? [hook] : [])].join('') };
}

/** Named by the key's text. */
function keyVariable(balancer: LuaBalancer, key: string): string {
  return luaVariable(balancer, `key_${createHash('sha256').update(key).digest('hex').slice(0, 8)}`);
}
