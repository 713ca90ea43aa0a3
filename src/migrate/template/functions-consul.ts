import { exactly, type FunctionRow } from './function.ts';
import { type Js, js, literal, loose, partsOf, quoted, tight } from './js.ts';
import { composed, hasHole, spelled } from './parts.ts';
import { parseKeyQuery, parseServiceQuery, type ServiceQuery } from './service-query.ts';

/** What asks Consul, and the environment. */
export const consulFunctions: readonly FunctionRow[] = [
  {
    names: ['service'],
    write:
      "`it.servers(it.upstream('web'))` for an upstream's servers; else `it.service('web', { tags: ['v2'], health: 'passing' })`",
    convert: (args) => {
      const [name] = args;
      if (name === undefined || args.length > 2) return undefined;
      const query = queryOf(name, args[1]);
      return query && serviceCall(query);
    },
  },
  {
    names: ['services'],
    write: '`it.services()`, each with `name` and `tags`',
    convert: (args) => {
      const options = args[0] === undefined ? '' : scopeOf(`x${literal(args[0]) ?? '?'}`);
      if (args.length > 1 || options === undefined) return undefined;
      return js(`it.services(${options})`, { list: { record: 'service' } });
    },
  },
  {
    names: ['nodes'],
    write: '`it.nodes()`, each with `node`, `host` and `datacenter`',
    convert: (args) => {
      const text = args[0] === undefined ? '' : literal(args[0]);
      const [, datacenter = '', near = ''] = /^(?:@([\w.-]+))?(?:~([\w.-]+))?$/.exec(text ?? '?') ?? [];
      if (args.length > 1 || (text !== '' && datacenter === '' && near === '')) return undefined;
      return js(`it.nodes(${options({ datacenter, near })})`, { list: { record: 'node' } });
    },
  },
  { names: ['node'], write: "`it.nodes().find((one) => one.node === 'name')`" },
  {
    names: ['key'],
    write: "`it.key('path')`; the template waits for a key that is not there",
    convert: exactly(1, ([path]) => keyCall('key', path)),
  },
  {
    names: ['keyOrDefault'],
    write: "`it.keyOr('path', 'default')`",
    convert: exactly(2, ([path, fallback]) => keyCall('keyOr', path, fallback.code)),
  },
  {
    names: ['keyExists'],
    write: "`it.keyOr('path', undefined) !== undefined`",
    convert: exactly(1, ([path]) => {
      const value = keyCall('keyOr', path, 'undefined');
      return value && loose(`${value.code} !== undefined`, 'truth');
    }),
  },
  {
    names: ['tree', 'safeTree'],
    write:
      "`it.tree('prefix')`, each with `path`, `key` and `value`; an empty answer is not believed at once",
    convert: exactly(1, ([prefix]) => treeCall(prefix)),
  },
  {
    names: ['ls', 'safeLs'],
    write: "`it.tree('prefix').filter((entry) => !entry.key.includes('/'))`",
    convert: exactly(1, ([prefix]) => {
      const tree = treeCall(prefix);
      return tree && js(`${tree.code}.filter((entry) => !entry.key.includes('/'))`, tree.kind);
    }),
  },
  {
    names: ['env', 'mustEnv'],
    write:
      "`it.env('NAME') ?? ''`, with NAME under `expose.env` in upsync.yaml; without `?? ''` a variable that is not set is an error",
    convert: exactly(1, ([name], call) => {
      const text = literal(name);
      if (text === undefined) return undefined;
      call.needs.env.add(text);
      return call.name === 'env'
        ? loose(`it.env(${name.code}) ?? ''`, 'text')
        : js(`it.env(${name.code})`, 'text');
    }),
  },
  {
    names: ['envOrDefault'],
    write: "`it.env('NAME') || 'default'`",
    convert: exactly(2, ([name, fallback], { needs }) => {
      const text = literal(name);
      if (text === undefined) return undefined;
      needs.env.add(text);
      return loose(`it.env(${name.code}) || ${tight(fallback)}`, 'text');
    }),
  },
  {
    names: ['datacenters', 'partitions', 'peerings', 'exportedServices', 'importedServices'],
    write: "the list itself, as `['dc1', 'dc2']`",
  },
];

function queryOf(name: Js, filter: Js | undefined): ServiceQuery | undefined {
  const text = literal(name);
  const health = filter === undefined ? '' : literal(filter);
  if (health === undefined) return undefined;
  if (text !== undefined) return parseServiceQuery(health === '' ? text : `${text}|${health}`);
  // What nobody can know may be more than a name, and consul-template would take it apart as it runs.
  if (name.free) return undefined;
  const parts = partsOf(name);
  const query = parseServiceQuery(spelled(parts) + (health === '' ? '' : `|${health}`));
  if (query === undefined) return undefined;
  const { name: inner, ...rest } = query;
  const whole = parts.some((part) => typeof part === 'string' && /[.@~|?]/.test(part))
    ? composed(literal(js(inner, 'text')) ?? '', parts)
    : name.code;
  return hasHole(JSON.stringify([rest, ...rest.further])) ? undefined : { name: whole, ...rest };
}

function serviceCall(query: ServiceQuery): Js {
  const { tag, datacenter = '', near = '', health, further } = query;
  const { asked, left } = healthOf(health);
  const given = options({
    tags: tag === undefined ? [] : [tag],
    datacenter,
    near,
    health: asked,
    ...named(further),
  });
  const call = `it.service(${[query.name, given].filter((part) => part !== '').join(', ')})`;
  return js(`${call}${left}`, { list: { record: 'instance', query } });
}

/**
 * consul-template takes the passing ones unless told; upsync those that may serve, and they are it by a warning too.
 * What it cannot ask for is filtered from all.
 */
function healthOf(health: readonly string[]): { readonly asked: string; readonly left: string } {
  const wanted = health.toSorted().join();
  if (wanted === '' || wanted === 'passing') return { asked: 'passing', left: '' };
  if (wanted === 'passing,warning') return { asked: '', left: '' };
  if (health.includes('any')) return { asked: 'any', left: '' };
  const list = health.map(quoted).join(', ');
  return { asked: 'any', left: `.filter((one) => [${list}].includes(one.health))` };
}

function named(further: ReadonlyMap<string, string>): Record<string, string> {
  return {
    namespace: further.get('ns') ?? '',
    partition: further.get('partition') ?? '',
    peer: further.get('peer') ?? '',
  };
}

function keyCall(method: string, path: Js, ...more: readonly string[]): Js | undefined {
  const text = literal(path);
  const parts = partsOf(path);
  const query = parseKeyQuery(text ?? spelled(parts));
  if (query === undefined || hasHole(JSON.stringify([query.datacenter, ...query.further]))) return undefined;
  const isMore = parts.some((part) => typeof part === 'string' && /[@?]/.test(part));
  const computed = isMore ? composed(query.path, parts) : path.code;
  const given = options({ datacenter: query.datacenter ?? '', ...named(query.further) });
  const args = [text === undefined ? computed : quoted(query.path), ...more, given];
  return js(`it.${method}(${args.filter((arg) => arg !== '').join(', ')})`, 'text');
}

function treeCall(prefix: Js): Js | undefined {
  const call = keyCall('tree', prefix);
  return call && js(call.code, { list: { record: 'entry' } });
}

/** The options of a text that holds no name of its own. */
function scopeOf(text: string): string | undefined {
  const query = parseKeyQuery(text);
  return query && options({ datacenter: query.datacenter ?? '', ...named(query.further) });
}

/** As an object of JavaScript, less what is empty; nothing where all of it is. */
function options(given: Readonly<Record<string, string | readonly string[]>>): string {
  const parts = Object.entries(given).flatMap(([key, value]) => {
    if (value.length === 0) return [];
    return [`${key}: ${typeof value === 'string' ? quoted(value) : `[${value.map(quoted).join(', ')}]`}`];
  });
  return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`;
}
