import type { Problem } from '../pipeline/problem.ts';
import type { View } from '../pipeline/view.ts';
import { isTaken } from './proof-place.ts';

/**
 * What listens already where an nginx that is not running would have to for an upstream of tcp: its own test passes,
 * and then it could not start. Whether a port of UDP is taken cannot be asked without taking it.
 */
export async function takenListen({ upstreams }: View, signal: AbortSignal): Promise<Problem | undefined> {
  for (const { name, protocol, listen } of upstreams) {
    if (protocol !== 'tcp' || listen === undefined || !(await isTaken(listen, signal))) continue;
    return {
      what: `another process listens where nginx is to listen for upstream ${name}, and nginx could not start`,
      where: listen,
      remedy: `end that process, or give upstreams.${name}.listen another place`,
    };
  }
  return undefined;
}
