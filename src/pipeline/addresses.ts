import type { Admission } from './admission.ts';
import { admitted } from './admitted.ts';
import { addressOf } from './instance.ts';
import { type Health, isRegistered, type Snapshot } from './snapshot.ts';
import type { View } from './view.ts';

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
    if (!isRegistered(answer)) continue;
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
 * Whether another service has come to a server's address. Addresses are reused at once (containers), so a
 * server that is kept though nobody vouches for it must give its address up. A registration that is
 * itself critical claims nothing, nor does one of a service that `had` the address beside this one: one
 * process may be registered for several.
 */
export function isTaken(
  server: { readonly host: string; readonly port: number },
  service: string,
  owners: AddressOwners,
  had: (service: string, address: string) => boolean,
): boolean {
  const address = addressOf(server);
  const claims = owners.get(address)?.values() ?? [];
  return [...claims].some(
    (owner) => owner.service !== service && owner.health !== 'critical' && !had(owner.service, address),
  );
}

/** Whether a service had an address in a view. Looks through it only once it is asked. */
export function addressesOf(view: View | undefined): (service: string, address: string) => boolean {
  let known: ReadonlySet<string> | undefined;
  const pair = (service: string, address: string) => `${service} ${address}`;
  const all = () =>
    (view?.upstreams ?? []).flatMap(({ service, servers }) =>
      servers.map((server) => pair(service, addressOf(server))),
    );
  return (service, address) => {
    known ??= new Set(all());
    return known.has(pair(service, address));
  };
}
