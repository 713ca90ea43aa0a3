import { networkInterfaces } from 'node:os';
import { addressRules } from '../pipeline/address-rules.ts';
import type { Admission } from '../pipeline/admission.ts';
import type { Settings } from './schema.ts';

export function toAdmission({ addresses, expose }: Pick<Settings, 'addresses' | 'expose'>): Admission {
  return {
    addresses: addressRules(addresses.allow, addresses.deny),
    hostnames: addresses.hostnames,
    tags: new Set(expose.tags),
    meta: new Map(Object.entries(expose.meta)),
    here: new Set(
      Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
    ),
  };
}
