import { addressOf, parseInstance } from './instance.ts';
import type { Health, Snapshot } from './snapshot.ts';

interface Owner {
  readonly service: string;
  readonly health: Health;
}

/** By address, the registrations that have it, by their key. */
export type AddressOwners = ReadonlyMap<string, ReadonlyMap<string, Owner>>;

export function addressOwners(snapshot: Snapshot): AddressOwners {
  const owners = new Map<string, Map<string, Owner>>();
  for (const { value } of snapshot.values()) {
    for (const registration of value) {
      const parsed = parseInstance(registration);
      if (parsed.kind === 'refused') continue;
      const { key, service, health } = parsed.instance;
      const address = addressOf(parsed.instance);
      const known = owners.get(address) ?? new Map<string, Owner>();
      // The catalog names no health; where the same registration has one elsewhere, that one counts.
      if (health !== 'unknown' || !known.has(key)) known.set(key, { service, health });
      owners.set(address, known);
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
