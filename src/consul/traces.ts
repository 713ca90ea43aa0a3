import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';

/*
 * What an answer about a whole datacenter shows of changes: for each service and each node that it speaks of, some text that
 * is another one after each change. Nothing else of these answers is used.
 */

export interface Traces {
  /** By name in lower case, since Consul does not tell them apart by case. */
  readonly services: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<string, string>;
}

/** Names in lower case. */
export interface Moved {
  readonly services: ReadonlySet<string>;
  readonly nodes: ReadonlySet<string>;
}

const Checks = z.array(z.unknown());
const Check = z.object({ Node: z.string(), ServiceName: z.string(), ModifyIndex: z.number() });
/** The order of tags is another one in each answer. */
const Tags = z.record(z.string(), z.array(z.string()).nullish());
const Node = z.object({ Node: z.string(), ModifyIndex: z.number() });

/**
 * `/v1/health/state/…`. Consul's indexes only grow: a check that came or changed has the highest of its service, one
 * that went makes their number smaller. A check of no service is one of its node.
 */
export function ofChecks(body: unknown): Traces {
  const services = new Map<string, Count>();
  const nodes = new Map<string, Count>();
  for (const one of parse(Checks, body)) {
    const { Node, ServiceName, ModifyIndex } = parse(Check, one);
    if (ServiceName === '') count(nodes, Node, ModifyIndex);
    else count(services, ServiceName, ModifyIndex);
  }
  return { services: spelt(services), nodes: spelt(nodes) };
}

/** `/v1/catalog/services`: the tags of all instances together, by name. */
export function ofServices(body: unknown): Traces {
  const services = Object.entries(parse(Tags, body)).map(
    ([name, tags]) => [name.toLowerCase(), JSON.stringify((tags ?? []).toSorted())] as const,
  );
  return { services: new Map(services), nodes: new Map() };
}

/** `/v1/catalog/nodes` */
export function ofNodes(body: unknown): Traces {
  const nodes = parse(Checks, body).map((one) => {
    const { Node: name, ModifyIndex } = parse(Node, one);
    return [name.toLowerCase(), String(ModifyIndex)] as const;
  });
  return { services: new Map(), nodes: new Map(nodes) };
}

export function moved(before: Traces, after: Traces): Moved {
  return {
    services: differing(before.services, after.services),
    nodes: differing(before.nodes, after.nodes),
  };
}

export function together(a: Moved, b: Moved): Moved {
  return { services: a.services.union(b.services), nodes: a.nodes.union(b.nodes) };
}

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Set<string> {
  const names = [...before.keys(), ...after.keys()];
  return new Set(names.filter((name) => before.get(name) !== after.get(name)));
}

interface Count {
  checks: number;
  newest: number;
}

function count(counts: Map<string, Count>, name: string, index: number): void {
  const key = name.toLowerCase();
  const { checks, newest } = counts.get(key) ?? { checks: 0, newest: 0 };
  counts.set(key, { checks: checks + 1, newest: Math.max(newest, index) });
}

function spelt(counts: ReadonlyMap<string, Count>): Map<string, string> {
  return new Map([...counts].map(([name, { checks, newest }]) => [name, `${checks} ${newest}`]));
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ProblemError({
    what: "the answer is not built as Consul's are",
    remedy: 'check that consul.address leads to Consul, and its version',
  });
}
