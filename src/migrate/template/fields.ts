import { type Js, js, type Kind, loose, member, quoted, tight } from './js.ts';
import type { Needs } from './needs.ts';

/** A field of what Consul told, as upsync names it; or what to write instead of one that it does not have. */
type Field = { readonly name: string; readonly kind: Kind } | { readonly instead: string };

const text = (name: string): Field => ({ name, kind: 'text' });

const instance: Readonly<Record<string, Field>> = {
  Name: text('service'),
  Address: text('host'),
  Port: { name: 'port', kind: 'number' },
  Node: text('node'),
  Tags: { name: 'tags', kind: { list: 'text' } },
  ServiceMeta: { name: 'meta', kind: { record: 'meta' } },
  Weights: { name: 'weight', kind: { record: 'weights' } },
  Status: text('health'),
  Checks: { instead: '`server.health`' },
  NodeAddress: { instead: '`it.nodes().find((one) => one.node === server.node)?.host`' },
  NodeID: { instead: '`server.node`' },
  NodeMeta: { instead: 'meta of the service itself, which `expose.meta` shows' },
  NodeTaggedAddresses: { instead: 'the address that the service registers' },
  ServiceTaggedAddresses: { instead: 'the address that the service registers' },
};

const records: Readonly<Record<'service' | 'node' | 'entry', Readonly<Record<string, Field>>>> = {
  service: { Name: text('name'), Tags: { name: 'tags', kind: { list: 'text' } } },
  node: {
    Node: text('node'),
    Address: text('host'),
    Datacenter: text('datacenter'),
    ID: { instead: '`node.node`' },
  },
  entry: { Path: text('path'), Key: text('key'), Value: text('value') },
};

/** A field of a value; what to write instead where there is none. */
export function fieldOf(of: Js, name: string, needs: Needs): Js | { readonly instead: string } {
  const { kind } = of;
  if (kind === 'unknown')
    return { ...js(member(tight(of), name), 'unknown'), ...(of.free && { free: true }) };
  if (typeof kind === 'string' || 'list' in kind) return { instead: 'a field of one of its members' };
  if ('groups' in kind) return loose(`${tight(of)}.get(${quoted(name)}) ?? []`, { list: kind.groups });
  switch (kind.record) {
    case 'meta':
      needs.meta.add(name);
      // To Go, a key that is not there is empty.
      return { ...loose(`${member(tight(of), name)} ?? ''`, 'text'), plain: true, free: true };
    case 'weights':
      if (name === 'Passing') return js(of.code, 'number');
      return { instead: '`server.weight`, which is the weight at its present health' };
    case 'entry':
      if (name === 'Value') return { ...js(`${tight(of)}.value`, 'text'), free: true };
      return named(of, records.entry[name]);
    case 'instance':
      // The key is `datacenter/node/id`, and ids may hold slashes.
      if (name === 'ID') return js(`${tight(of)}.key.split('/').slice(2).join('/')`, 'text');
      return named(of, instance[name]);
    default:
      return named(of, records[kind.record][name]);
  }
}

function named(of: Js, field: Field | undefined): Js | { readonly instead: string } {
  if (field === undefined) return { instead: 'a field that upsync has: see docs/consul-template.md' };
  return 'instead' in field ? field : js(`${tight(of)}.${field.name}`, field.kind);
}

/** For the page: each field of consul-template's, and what is written for it. */
export const fieldRows: readonly (readonly [string, string])[] = [
  ['service', '.ID', "`server.key.split('/').slice(2).join('/')`"] as const,
  ['service', '.ServiceMeta.key', '`server.meta.key`, with `key` under `expose.meta`'] as const,
  ['service', '.Weights.Passing', '`server.weight`'] as const,
  ...rowsOf('service', 'server', instance),
  ...rowsOf('services', 'service', records.service),
  ...rowsOf('nodes', 'node', records.node),
  ...rowsOf('tree', 'entry', records.entry),
].map(([of, field, write]) => [`\`${field}\` of \`${of}\``, write]);

function rowsOf(of: string, variable: string, fields: Readonly<Record<string, Field>>) {
  return Object.entries(fields)
    .filter(([name]) => name !== 'ServiceMeta' && name !== 'Weights')
    .map(([name, field]) => {
      const write = 'instead' in field ? field.instead : `\`${variable}.${field.name}\``;
      return [of, `.${name}`, write] as const;
    });
}

/** `index .ServiceMeta "a-key"` */
export function metaOf(of: Js, key: string, needs: Needs): Js {
  needs.meta.add(key);
  const code = /^[A-Za-z_]\w*$/.test(key) ? `${tight(of)}.${key}` : `${tight(of)}[${quoted(key)}]`;
  return { ...loose(`${code} ?? ''`, 'text'), plain: true, free: true };
}
