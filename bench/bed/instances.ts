import type { Entry } from './registry.ts';

/** So many nodes share the instances. */
const nodes = 100;

/**
 * Instances of a service, each with an address of its own where nobody listens: nginx is refused there at once and goes
 * on to the next server. So the first answer of a backend tells that this backend has joined. `first` numbers them; no
 * two may have the same number.
 */
export function instancesOf(service: string, first: number, count: number): readonly Entry[] {
  return Array.from({ length: count }, (_, at) => {
    const number = first + at;
    const address = `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    return { service, id: `${service}-${at}`, node: `node-${number % nodes}`, address, port: 1 };
  });
}
