import { addressOf } from './instance.ts';
import type { Problem } from './problem.ts';
import type { File } from './release.ts';
import type { Upstream, View } from './view.ts';
import { balanceWeights } from './weights.ts';

/** The name of a release's peers file, which nginx/lua/peers.lua reads. */
export const peersPath = 'peers';

/**
 * The servers of every upstream, for the Lua balancer. The head is still missing: it names the digest, which is made
 * of this too. An upstream that is down points at `unavailable`, which answers 503.
 */
export function peersFile({ upstreams }: View, unavailable: string): File {
  const lines = upstreams.flatMap((upstream) => [
    `upstream ${upstream.name}`,
    ...serversOf(upstream, unavailable),
  ]);
  const end = `end ${lines.length - upstreams.length}`;
  return { path: peersPath, part: 'peers', contents: [...lines, end, ''].join('\n') };
}

function serversOf({ origin, servers, maxFails, failTimeout }: Upstream, unavailable: string): string[] {
  if (origin === 'down') return [`${unavailable} 1 0 10 up`];
  const weights = balanceWeights(servers.map(({ weight }) => weight));
  return servers.map(
    (server, index) =>
      `${addressOf(server)} ${weights[index] ?? 1} ${Math.min(most, maxFails)} ${failTimeout} ${server.state}`,
  );
}

const most = 65_535;

/** The whole file, as a release of this digest and structure has it. */
export function withHead({ contents }: File, digest: string, structure: string): string {
  return headOf(digest, structure) + contents;
}

export function headOf(digest: string, structure: string): string {
  return `upsync-peers 1 ${digest} ${structure}\n`;
}

const HEAD = /^upsync-peers 1 [0-9a-f]+ [0-9a-f]+$/;
const UPSTREAM = /^upstream ([\w.-]+)$/;
const SERVER = /^(?:[\d.]+|\[[\da-fA-F:.]+\]):(\d+) (\d+) (\d+) \d+ (?:up|down|backup)$/;

/** Why nginx's workers would not take this file, by the same rules as theirs; undefined where they would. */
export function peersProblem(text: string): Problem | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '') return { what: 'the end of its last line is missing' };
  const [head = '', ...rest] = lines;
  if (!HEAD.test(head)) return { what: 'it does not begin as a peers file', where: 'line 1' };
  const end = rest.pop();
  const names = new Set<string>();
  let seen = new Set<string>();
  let total = 0;
  for (const [index, line] of rest.entries()) {
    const where = `line ${index + 2}`;
    const name = UPSTREAM.exec(line)?.[1];
    if (name !== undefined) {
      if (names.has(name)) return { what: `upstream ${name} is there twice`, where };
      if (names.size > 0 && seen.size === 0) return { what: 'the upstream before has no server', where };
      names.add(name);
      seen = new Set();
      continue;
    }
    const [, port, weight, maxFails] = (SERVER.exec(line) ?? []).map(Number);
    if (names.size === 0 || !isWithin(port, 1) || !isWithin(weight, 1) || !isWithin(maxFails, 0))
      return { what: 'it is no server', where };
    if (seen.has(line)) return { what: 'this server is there twice', where };
    seen.add(line);
    total += 1;
  }
  if (names.size > 0 && seen.size === 0) return { what: 'the last upstream has no server' };
  return end === `end ${total}` ? undefined : { what: `it ends in ${end} after ${total} servers` };
}

function isWithin(value: number | undefined, least: number): boolean {
  return value !== undefined && value >= least && value <= most;
}
