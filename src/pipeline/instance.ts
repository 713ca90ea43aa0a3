import { isIP, SocketAddress } from 'node:net';
import { isLoopback } from './address-rules.ts';
import { type Admission, isHostName, type MetaValue, parseMeta, quoted } from './admission.ts';
import { type Query, queryKey } from './query.ts';
import { type Health, isAnswerTo, type Registration, type Snapshot } from './snapshot.ts';

/** A registration whose values were checked: what Consul tells was written by whoever may register. */
export interface Instance {
  /** `datacenter/node/id`. */
  readonly key: string;
  readonly service: string;
  readonly node: string;
  /** An IP literal, IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  readonly health: Health;
  /** Its weight at its present health; 0 takes no traffic. */
  readonly weight: number;
  /** Those that templates may see. */
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, MetaValue>>;
}

export interface Admitted {
  /** Several where a host name leads to several addresses. */
  readonly instances: readonly Instance[];
  /** Why it was left out, or part of it. */
  readonly refusal?: string;
  /** Why it is odd, though it was taken. */
  readonly doubt?: string;
  /** What leads to its addresses. */
  readonly lookUp?: Query;
  /** Its host name has not been looked up yet. */
  readonly isPending?: true;
}

export function keyOf({ datacenter, node, id }: Registration): string {
  return `${datacenter}/${node}/${id}`;
}

/** Consul's own bound (`agent/structs`, ValidateWeights). */
const maxWeight = 65_535;

export function admit(registration: Registration, admission: Admission, snapshot: Snapshot): Admitted {
  const { address, port, service, node, health } = registration;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return refused(`port ${port} is not within 1–65535`);
  }
  const meta = parseMeta(registration.meta, admission.meta);
  if ('refusal' in meta) return refused(String(meta.refusal));
  const place = placesOf(address, admission, snapshot);
  if ('refusal' in place) return refused(place.refusal);
  const { lookUp, addresses } = place;
  const query = lookUp === undefined ? {} : { lookUp };
  if (addresses === undefined) return { instances: [], ...query, isPending: true };
  if (addresses.length === 0) return { ...refused(`${quoted(address)} does not resolve`), ...query };

  const refusals = addresses.flatMap((ip) => {
    const why = admission.addresses.refusal(ip);
    return why === undefined ? [] : `${ip} is not taken: ${why}`;
  });
  const taken = addresses.filter((ip) => admission.addresses.refusal(ip) === undefined);
  const [refusal] = refusals;
  const doubt =
    taken.some(isLoopback) && isElsewhere(registration, admission) ? elsewhere(registration) : undefined;
  return {
    instances: taken.map((ip) => ({
      key: keyOf(registration),
      service,
      node,
      host: hostOf(ip),
      port,
      health,
      weight: weightOf(registration),
      tags: registration.tags.filter((tag) => admission.tags.has(tag)),
      meta,
    })),
    ...(refusal === undefined ? {} : { refusal }),
    ...(doubt === undefined ? {} : { doubt }),
    ...query,
  };
}

function refused(refusal: string): Admitted {
  return { instances: [], refusal };
}

interface Place {
  /** Undefined until they were looked up. */
  readonly addresses: readonly string[] | undefined;
  readonly lookUp?: Query;
}

/** The IP addresses that a registered one stands for. */
function placesOf(
  address: string,
  { hostnames }: Admission,
  snapshot: Snapshot,
): Place | { readonly refusal: string } {
  // `net.isIP` takes zones (`fe80::1%eth0`), which nginx does not.
  if (isIP(address) !== 0 && !address.includes('%')) return { addresses: [address] };
  if (!isHostName(address))
    return { refusal: `${quoted(address)} is not an IP address that nginx can connect to` };
  if (!hostnames) return { refusal: `${quoted(address)} is a host name, and addresses.hostnames is off` };
  const lookUp: Query = { kind: 'host', name: address };
  const answer = snapshot.get(queryKey(lookUp));
  return { addresses: isAnswerTo('host', answer) ? answer.value : undefined, lookUp };
}

/** As nginx is told it, and always the same for the same address: IPv6 has many spellings. */
export function hostOf(ip: string): string {
  return isIP(ip) === 6 ? `[${new SocketAddress({ address: ip, family: 'ipv6' }).address}]` : ip;
}

/** What listens on a loopback address listens on its own node alone. */
function isElsewhere({ nodeAddress }: Registration, { here }: Admission): boolean {
  return !isLoopback(nodeAddress) && !here.has(nodeAddress);
}

function elsewhere({ address, node, nodeAddress }: Registration): string {
  return `${quoted(address)} leads to the gateway's own host, and the instance is on ${quoted(node)} (${nodeAddress})`;
}

function weightOf({ health, weights }: Registration): number {
  const weight = health === 'warning' ? weights.warning : weights.passing;
  return Number.isFinite(weight) ? Math.min(maxWeight, Math.max(0, Math.floor(weight))) : 0;
}

export function addressOf(server: { readonly host: string; readonly port: number }): string {
  return `${server.host}:${server.port}`;
}
