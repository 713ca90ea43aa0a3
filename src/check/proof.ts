import { takenPlace } from '../nginx/gateway.ts';
import type { Testimony } from '../nginx/proof.ts';
import type { Running } from '../pipeline/outcome.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Release } from '../pipeline/release.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface ProofFacts {
  readonly by: 'pid' | 'fifo';
  /** `auto`, or `HOST:PORT` as it was configured. */
  readonly setting: string;
  /** Where nginx is asked which release it runs. */
  readonly ask: string;
  readonly testimony: Testimony | undefined;
  readonly running: Running;
  /** Where somebody else takes connections, and there is no other place for it. */
  readonly held: string | undefined;
  readonly live: Release | undefined;
}

/** Where nginx says what it runs: that place must be free or its own. */
export function checkProof(facts: ProofFacts): Finding[] {
  const { by, ask, testimony, held, live, running } = facts;
  if (testimony === undefined) {
    if (held !== undefined) return [fail('proof', takenPlace(held))];
    if (running.kind === 'stopped') return [];
    if (by === 'fifo') return live === undefined ? [] : [fail('proof', unreachable(facts))];
    if (live === undefined) return [ok('proof', `${ask} is free for nginx to say there what it runs`)];
    return [fail('proof', silent(ask, live.digest))];
  }
  // Who answers then is told of as a worker without a master.
  if (running.kind === 'stopped') return [];
  if (live?.digest === testimony.digest) {
    return [ok('proof', `nginx answers at ${ask} that it runs the newest release`)];
  }
  return [
    warn('proof', {
      what: `nginx runs release ${testimony.digest}, and on disk is ${live?.digest ?? 'none'}`,
      where: ask,
      remedy: 'start upsync; if one runs, it puts that right within seconds, or its log says why not',
    }),
  ];
}

function unreachable({ setting, ask }: ProofFacts): Problem {
  return {
    what: 'the gateway reads the reload FIFO, but does not answer what it runs',
    where: ask,
    remedy:
      setting === 'auto'
        ? 'nginx is in another container: set nginx.proof to HOST:PORT of it, such as gateway:9466'
        : 'upsync must reach this address over the network of the containers',
  };
}

function silent(ask: string, digest: string): Problem {
  return {
    what: `nginx runs, but not with release ${digest}, nor with another one of upsync's`,
    where: ask,
    remedy: "start upsync, which reloads it; if one runs, its log and nginx's error log say why",
  };
}
