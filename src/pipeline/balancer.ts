/** The balancer in Lua, as one managed folder has it (nginx/lua/upsync.lua says what it asks for). */
export interface LuaBalancer {
  /** The managed folder: it follows the release that `current` names there. */
  readonly output: string;
  /** Letters and digits that are this managed folder's alone: part of nginx's names. */
  readonly id: string;
  /** Where its code lies, by the hash of it. */
  readonly folder: string;
  /** Whether nginx may tell it how each request ended: a `log_by_lua` of the user's own at http level rules that out. */
  readonly isTold: boolean;
}

/** Lua that calls a function of the balancer's, loading it where this is a worker's first call. */
export function luaCall(balancer: LuaBalancer, call: string, indent: string): string {
  const { output, folder } = balancer;
  return [
    `local key, folder = ${luaText(output)}, ${luaText(folder)}`,
    'local upsync = package.loaded[key]',
    `    or assert(loadfile(folder .. "/upsync.lua"))(key, folder, ${luaText(luaVariable(balancer, 'structure'))})`,
    `upsync.${call}`,
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');
}

/** An nginx variable, without `$`, that no other managed folder's balancer has. */
export function luaVariable({ id }: LuaBalancer, name: string): string {
  return `upsync_${id}_${name}`;
}

/** Paths and names that get here hold none of these: their own rules are narrower. */
export function luaText(text: string): string {
  if (/["\\\p{Cc}]/u.test(text)) throw new TypeError(`${JSON.stringify(text)} cannot stand in a Lua string`);
  return `"${text}"`;
}

/** How the balancer does what nginx's own directive says; undefined where it cannot. */
export function methodOf(balance: string): { readonly call: string; readonly key?: string } | undefined {
  const [name = '', key, consistent] = balance.split(' ');
  switch (name) {
    case 'round_robin':
    case 'ip_hash':
      return { call: name };
    case 'random':
      // The number of running requests, which `two` compares, cannot be known to it.
      return key === undefined ? { call: name } : undefined;
    case 'hash':
      if (key === undefined) return undefined;
      return { call: consistent === undefined ? 'hash' : 'consistent_hash', key };
    default:
      return undefined;
  }
}
