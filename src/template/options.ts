import { quoted } from '../pipeline/admission.ts';
import type { Scope } from '../pipeline/query.ts';

/** Throws where a template names an option that there is not: it would be passed over without a word. */
export function expectOptions(of: string, given: object, known: readonly string[]): void {
  const strange = Object.keys(given).find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw new TypeError(`${of} has no option ${strange}; it has ${known.join(', ')}`);
}

/** Those that are given and not empty. */
export function givenOf<K extends string>(
  options: Readonly<Partial<Record<K, string | undefined>>>,
  ...names: readonly K[]
): Partial<Record<K, string>> {
  const given: Partial<Record<K, string>> = {};
  for (const name of names) {
    const value = options[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  return given;
}

/**
 * Whether Consul can be asked for this by its HTTP API: a path with any other part it answers with a redirect, and never with
 * what was asked for.
 */
export function isPath(text: string): boolean {
  return text.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Throws where this cannot be the name of a service in Consul's HTTP API. */
export function serviceName(of: string, name: string): string {
  const text = String(name);
  if (isPath(text)) return text;
  throw new TypeError(`${of}: ${quoted(text)} is no name that Consul can be asked for`);
}

/** Throws where this cannot be the path of a key in Consul's HTTP API, which takes such parts for others. */
export function keyPath(of: string, path: string): string {
  const text = String(path);
  if (isPath(text.replace(/\/$/, ''))) return text;
  throw new TypeError(`${of}: ${quoted(text)} is no path of a key; write it as app/port`);
}

export interface Where {
  readonly datacenter?: string | undefined;
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
}

export const whereOptions = ['datacenter', 'namespace', 'partition'] as const;

export function scopeOf(where: Where, datacenter: string): Scope {
  return { datacenter: where.datacenter || datacenter, ...givenOf(where, 'namespace', 'partition') };
}
