import { isIP } from 'node:net';
import type { Health, Registration } from './snapshot.ts';

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
  readonly tags: readonly string[];
}

export type Parsed =
  | { readonly kind: 'instance'; readonly instance: Instance }
  | { readonly kind: 'refused'; readonly key: string; readonly reason: string };

const unspecified = new Set(['0.0.0.0', '::']);

export function parseInstance(registration: Registration): Parsed {
  const key = `${registration.datacenter}/${registration.node}/${registration.id}`;
  const host = parseHost(registration.address);
  if (host === undefined) {
    return {
      kind: 'refused',
      key,
      reason: `${quoted(registration.address)} is not an IP address that nginx can connect to`,
    };
  }
  if (!Number.isInteger(registration.port) || registration.port < 1 || registration.port > 65535) {
    return { kind: 'refused', key, reason: `port ${registration.port} is not within 1–65535` };
  }
  const { service, node, port, health, tags } = registration;
  return {
    kind: 'instance',
    instance: { key, service, node, host, port, health, weight: weightOf(registration), tags },
  };
}

/** `net.isIP` takes zones (`fe80::1%eth0`), which nginx does not. */
function parseHost(address: string): string | undefined {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || unspecified.has(address)) return undefined;
  return family === 6 ? `[${address.toLowerCase()}]` : address;
}

function weightOf({ health, weights }: Registration): number {
  const weight = health === 'warning' ? weights.warning : weights.passing;
  return Number.isFinite(weight) ? Math.max(0, Math.floor(weight)) : 0;
}

/** A hostile value, cut and escaped so that it can stand in a log line. */
function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

export function addressOf(server: { readonly host: string; readonly port: number }): string {
  return `${server.host}:${server.port}`;
}
