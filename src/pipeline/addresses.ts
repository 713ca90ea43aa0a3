import type { Admission } from './admission.ts';
import { admitted } from './admitted.ts';
import { addressOf } from './instance.ts';
import { type Health, isHostAnswer, type Snapshot } from './snapshot.ts';

interface Owner {
  readonly service: string;
  readonly health: Health;
}

/** By address, the registrations that have it, by their key. */
export type AddressOwners = ReadonlyMap<string, ReadonlyMap<string, Owner>>;

/** Who has these addresses now. */
export function addressOwners(
  addresses: ReadonlySet<string>,
  snapshot: Snapshot,
  admission: Admission,
): AddressOwners {
  const owners = new Map<string, Map<string, Owner>>();
  if (addresses.size === 0) return owners;
  for (const answer of snapshot.values()) {
    if (isHostAnswer(answer)) continue;
    for (const { instances } of admitted(answer, admission, snapshot)) {
      for (const instance of instances) {
        const address = addressOf(instance);
        if (!addresses.has(address)) continue;
        const { key, service, health } = instance;
        const known = owners.get(address) ?? new Map<string, Owner>();
        // The catalog names no health; where the same registration has one elsewhere, that one counts.
        if (health !== 'unknown' || !known.has(key)) known.set(key, { service, health });
        owners.set(address, known);
      }
    }
  }
  return owners;
}

/**
 * Whether another service has a server's address now. Addresses are reused at once (containers), so a
 * server that is kept though nobody vouches for it must give its address up. A registration that is
 * itself critical claims nothing.
 */
export function isTaken(
  server: { readonly host: string; readonly port: number },
  service: string,
  owners: AddressOwners,
): boolean {
  const claims = owners.get(addressOf(server))?.values() ?? [];
  return [...claims].some((owner) => owner.service !== service && owner.health !== 'critical');
}
