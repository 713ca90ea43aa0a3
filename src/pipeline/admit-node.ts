import { isIP } from 'node:net';
import { type Admission, type MetaValue, parseMeta, quoted } from './admission.ts';
import { hostOf } from './instance.ts';
import type { NodeEntry } from './snapshot.ts';

/** A node whose values were checked. */
export interface AdmittedNode {
  /** An IP literal, IPv6 in brackets. */
  readonly host: string;
  /** The keys that the configuration exposes. */
  readonly meta: Readonly<Record<string, MetaValue>>;
}

/** By the rules for instances, or why it is left out. A node that has a host name for an address is not looked up. */
export function admitNode(
  { address, meta }: NodeEntry,
  admission: Admission,
): AdmittedNode | { readonly refusal: string } {
  if (isIP(address) === 0 || address.includes('%'))
    return { refusal: `${quoted(address)} is not an IP address that nginx can connect to` };
  const why = admission.addresses.refusal(address);
  if (why !== undefined) return { refusal: `${address} is not taken: ${why}` };
  const parsed = parseMeta(meta, admission.meta);
  if ('refusal' in parsed) return { refusal: String(parsed.refusal) };
  return { host: hostOf(address), meta: parsed };
}
