import type { Node } from './ast.ts';
import { convertExpression, Unconverted } from './convert-expression.ts';
import { type Js, literal } from './js.ts';
import { type Needs, noNeeds } from './needs.ts';
import { innerScope, type Scope } from './scope.ts';
import type { ServiceQuery } from './service-query.ts';

/** What upsync.yaml says of an upstream. */
export interface UpstreamKeys {
  readonly service: string;
  readonly tags?: readonly string[];
  readonly datacenter?: string;
  readonly namespace?: string;
  readonly partition?: string;
  readonly peer?: string;
  readonly on_warning: 'use' | 'drop';
  readonly max_fails?: number;
  readonly fail_timeout?: string;
}

export interface Claim {
  readonly name: string;
  readonly keys: UpstreamKeys;
  readonly remarks: readonly string[];
}

/** Stand for the address, the port and the weight of an instance in the text of a loop's body. */
const [ADDRESS, PORT, WEIGHT] = ['\u{E000}', '\u{E001}', '\u{E002}'];

const SERVER = new RegExp(`^\\s*server\\s+${ADDRESS}:${PORT}((?:\\s+[\\w=.${WEIGHT}]+)*)\\s*;\\s*$`, 'u');

/**
 * The loop at `index` as an upstream of upsync's, where it does no more than write the `server` lines of one service
 * within an `upstream NAME { … }` that has no others. `before` is all text that was written so far.
 */
export function simpleUpstream(
  list: readonly Node[],
  index: number,
  scope: Scope,
  before: string,
): Claim | undefined {
  const node = list[index];
  if (node?.type !== 'range') return undefined;
  const [, name, sofar = ''] =
    /(?:^|[\s;{}>])upstream\s+([A-Za-z0-9][\w.-]{0,62})\s*\{([^{}]*)$/.exec(before) ?? [];
  if (name === undefined || hasServer(sofar) || hasServer(restOfBlock(list, index + 1))) return undefined;
  const [first, otherwise] = node.branches;
  if (first?.pipeline === undefined || first.pipeline.names.length > 1) return undefined;
  const { names, value } = first.pipeline;
  // What it would need is asked for where it is converted in earnest.
  const needs = noNeeds();
  const over = whereConvertible(() => convertExpression(value, scope, needs));
  const query = over && instancesOf(over);
  if (over === undefined || query === undefined) return undefined;
  const parameters = parametersOf(first.body, scope, names[0], over, needs);
  const keys = parameters && keysOf(query, parameters);
  if (keys === undefined) return undefined;
  return { name, keys, remarks: otherwise === undefined ? [] : [elseDropped(name)] };
}

function elseDropped(name: string): string {
  return `the else of ${name}'s servers was left out: with no server upsync answers 503 by itself`;
}

/** What stands between the loop and the end of its block. */
function restOfBlock(list: readonly Node[], from: number): string {
  let rest = '';
  for (const node of list.slice(from)) {
    // What another loop writes is not known: it may be servers.
    if (node.type !== 'text') return node.type === 'comment' ? rest : `${rest} server `;
    rest += node.text;
    const end = rest.indexOf('}');
    if (end !== -1) return rest.slice(0, end);
  }
  return `${rest} server `;
}

function hasServer(text: string): boolean {
  return /(^|[\s;])server\s/.test(text.replace(/#.*/g, ''));
}

function instancesOf({ kind }: Js): ServiceQuery | undefined {
  if (typeof kind === 'string' || !('list' in kind) || typeof kind.list === 'string') return undefined;
  return 'record' in kind.list && kind.list.record === 'instance' ? kind.list.query : undefined;
}

/** What stands behind the address of each `server`; undefined where the body does something else. */
function parametersOf(
  body: readonly Node[],
  outer: Scope,
  name: string | undefined,
  { kind }: Js,
  needs: Needs,
): readonly string[] | undefined {
  const dot: Js = {
    code: 'server',
    kind: typeof kind !== 'string' && 'list' in kind ? kind.list : 'unknown',
  };
  const scope = innerScope(outer, dot);
  if (name !== undefined) scope.variables.set(name, dot);
  let text = '';
  for (const node of body) {
    if (node.type === 'text') text += node.text;
    else if (node.type === 'pipeline' && node.pipeline.names.length === 0) {
      const code = whereConvertible(() => convertExpression(node.pipeline.value, scope, needs))?.code;
      const sign = { 'server.host': ADDRESS, 'server.port': PORT, 'server.weight': WEIGHT }[code ?? ''];
      if (sign === undefined) return undefined;
      text += sign;
    } else if (node.type !== 'comment') return undefined;
  }
  const [, parameters] = SERVER.exec(text.replace(/#.*/g, '')) ?? [];
  return parameters?.split(/\s+/).filter((part) => part !== '');
}

function keysOf(query: ServiceQuery, parameters: readonly string[]): UpstreamKeys | undefined {
  const service = literal({ code: query.name, kind: 'text' });
  if (service === undefined || query.further.has('sameness-group')) return undefined;
  let own: Pick<UpstreamKeys, 'max_fails' | 'fail_timeout'> = {};
  for (const parameter of parameters) {
    const [, key, value = ''] = /^(\w+)=(.+)$/u.exec(parameter) ?? [];
    if (key === 'max_fails' && /^\d+$/.test(value)) own = { ...own, max_fails: Number(value) };
    else if (key === 'fail_timeout' && /^[1-9]\d*s?$/.test(value)) {
      own = { ...own, fail_timeout: value.endsWith('s') ? value : `${value}s` };
    } else if (key !== 'weight') return undefined;
    // The same weight for all is none; the one of Consul's is written by upsync anyway.
  }
  const { tag, datacenter, health, further } = query;
  const [namespace, partition, peer] = ['ns', 'partition', 'peer'].map((each) => further.get(each));
  if (health.some((one) => one !== 'passing' && one !== 'warning')) return undefined;
  return {
    service,
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(datacenter === undefined ? {} : { datacenter }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(partition === undefined ? {} : { partition }),
    ...(peer === undefined ? {} : { peer }),
    // consul-template takes passing instances alone, unless told.
    on_warning: health.includes('warning') ? 'use' : 'drop',
    ...own,
  };
}

function whereConvertible(convert: () => Js): Js | undefined {
  try {
    return convert();
  } catch (thrown) {
    if (thrown instanceof Unconverted) return undefined;
    throw thrown;
  }
}
