import { z } from 'zod';
import { compare } from '../pipeline/compare.ts';
import { ProblemError } from '../pipeline/problem.ts';
import type { KeyEntry } from '../pipeline/snapshot.ts';
import { list, parse } from './parse.ts';

/** `/v1/kv/:path`; null where there is no such key. A value is base64, null where it is empty. */
const Entries = list(z.object({ Key: z.string(), Value: z.base64().nullable() })).nullable();

/** Consul's own limit (`kv_max_value_size`), in bytes. */
const longest = 512 * 1024;

/** The text of the one key; undefined where there is none. */
export function fromKey(path: string, body: unknown): string | undefined {
  const found = (parse(Entries, body) ?? []).find(({ Key }) => Key === path);
  return found && textOf(found.Key, found.Value);
}

/** Keys that end in a slash are folders, as Consul's page makes them. */
export function fromTree(body: unknown): KeyEntry[] {
  return (parse(Entries, body) ?? [])
    .filter(({ Key }) => !Key.endsWith('/'))
    .map(({ Key, Value }) => ({ path: Key, value: textOf(Key, Value) }))
    .sort((a, b) => compare(a.path, b.path));
}

function textOf(path: string, value: string | null): string {
  const bytes = Buffer.from(value ?? '', 'base64');
  const where = `key ${JSON.stringify(path)}`;
  if (bytes.length > longest)
    throw new ProblemError({ what: `${where} holds more than ${longest} bytes`, remedy: 'make it shorter' });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProblemError({ what: `${where} is no text in UTF-8`, remedy: 'put text there' });
  }
}
