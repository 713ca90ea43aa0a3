import type { AddressRules } from './address-rules.ts';

/** What a registration must be to become a server, and what of it templates may see. */
export interface Admission {
  readonly addresses: AddressRules;
  /** Whether instances may register a host name; it is resolved, and what it leads to judged as any address. */
  readonly hostnames: boolean;
  /** The tags that templates may see. */
  readonly tags: ReadonlySet<string>;
  /** The meta keys that templates may see, and what each value must be. */
  readonly meta: ReadonlyMap<string, MetaType>;
  /** The addresses of this machine. */
  readonly here: ReadonlySet<string>;
}

export type MetaType = 'word' | 'integer' | 'boolean' | 'host' | 'path';

export type MetaValue = string | number | boolean;

/** None of these characters means anything to nginx, in quotes or without. */
const patterns: Readonly<Record<Exclude<MetaType, 'host'>, RegExp>> = {
  word: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  integer: /^-?(0|[1-9]\d{0,14})$/,
  boolean: /^(true|false)$/,
  path: /^\/(?!.*\.\.)[A-Za-z0-9._/-]{0,254}$/,
};

/** The typed values of the keys that the configuration names, or why one is not what it must be. */
export function parseMeta(
  meta: Readonly<Record<string, string>>,
  types: ReadonlyMap<string, MetaType>,
): Readonly<Record<string, MetaValue>> | { readonly refusal: string } {
  const values: Record<string, MetaValue> = {};
  for (const [key, type] of types) {
    const text = Object.hasOwn(meta, key) ? meta[key] : undefined;
    if (text === undefined) continue;
    const fits = type === 'host' ? isHostName(text) : patterns[type].test(text);
    if (!fits) return { refusal: `meta ${key} ${quoted(text)} is no ${type}` };
    values[key] = type === 'integer' ? Number(text) : type === 'boolean' ? text === 'true' : text;
  }
  return values;
}

/**
 * A host name as DNS and nginx know it. One whose last part is a number is none: `127.1` and `0x7f.1` would be
 * read as addresses (https://url.spec.whatwg.org/#ends-in-a-number-checker).
 */
export function isHostName(text: string): boolean {
  const labels = text.split('.');
  const isLabel = (label: string) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label);
  return (
    text.length <= 253 && labels.every(isLabel) && !/^(\d+|0[xX][0-9A-Fa-f]*)$/.test(labels.at(-1) ?? '')
  );
}

/** A hostile value, cut and escaped so that it can stand in a log line. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
