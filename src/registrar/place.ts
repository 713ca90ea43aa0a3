import { isIPv6 } from 'node:net';
import type { Container, Port } from './container.ts';
import type { RegistrarPlan } from './plan.ts';

/** Where a container's port is reached from other hosts. */
export type Place =
  | { readonly kind: 'at'; readonly address: string; readonly port: number }
  /** It is not meant to be reached from outside. */
  | { readonly kind: 'unpublished' }
  | { readonly kind: 'refused'; readonly reason: string };

/** `hostAddress` is where the host's own ports are reached; undefined where that is not known. */
export function placeOf(
  container: Container,
  port: Port,
  plan: RegistrarPlan,
  hostAddress: string | undefined,
): Place {
  if (plan.internal && !container.hostNetwork) return inside(container, port, plan.network);
  const [binding, ...others] = port.bindings;
  if (binding === undefined) return { kind: 'unpublished' };
  const { address, port: published } = [binding, ...others].find(isReachable) ?? binding;
  if (isLoopback(address)) {
    return refused(
      `it is published on ${address}, which no other host reaches; publish it on an address of this host's`,
    );
  }
  const reached = plan.ip ?? (isAny(address) ? hostAddress : address);
  if (reached === undefined) return refused(`this host's address is not known; give it with --ip`);
  if (isLoopback(reached)) {
    return refused(
      `the Consul agent's own address is ${reached}, which no other host reaches; give this host's with --ip`,
    );
  }
  return { kind: 'at', address: reached, port: published };
}

/** Whether the host's own address is needed to tell where any of the containers is reached. */
export function needsHostAddress(containers: readonly Container[], plan: RegistrarPlan): boolean {
  if (plan.ip !== undefined) return false;
  return containers.some(
    ({ hostNetwork, ports }) =>
      (hostNetwork || !plan.internal) && ports.some(({ bindings }) => bindings.some(onAny)),
  );
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./i.test(address) || address === '::1';
}

/** As it stands before a port. */
export function formatHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

function inside({ networks }: Container, { number }: Port, network: string | undefined): Place {
  const found = network === undefined ? networks[0] : networks.find(({ name }) => name === network);
  if (found !== undefined) return { kind: 'at', address: found.address, port: number };
  return refused(network === undefined ? 'it has no address' : `it is not on the network ${network}`);
}

const onAny = ({ address }: Port['bindings'][number]) => isAny(address);

const isReachable = ({ address }: Port['bindings'][number]) => !isLoopback(address);

function isAny(address: string): boolean {
  return address === '' || address === '0.0.0.0' || address === '::';
}

function refused(reason: string): Place {
  return { kind: 'refused', reason };
}
