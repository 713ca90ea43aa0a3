import type { Segment } from './collector.ts';

/**
 * The edges of SkyWalking's map, as `from → to`, sorted. They are drawn as its collector draws them (RPCAnalysisListener
 * and NetworkAddressAliasMappingListener in its source): an entry that nobody refers to comes from the user, any other
 * one from the service of its reference; an exit leads to whoever was reached by that address, as entries tell it, and
 * else to the address itself.
 */
export function edges(segments: readonly Segment[]): readonly string[] {
  const reached = new Map<string, string>();
  const found = new Set<string>();
  for (const { service, spans } of segments) {
    for (const { refs } of spans.filter(({ kind }) => kind === 'entry')) {
      if (refs.length === 0) found.add(`User → ${service}`);
      for (const ref of refs) {
        found.add(`${ref.service} → ${service}`);
        reached.set(ref.address, service);
      }
    }
  }
  for (const { service, spans } of segments) {
    for (const { peer, layer } of spans.filter(({ kind, peer }) => kind === 'exit' && peer !== '')) {
      found.add(`${service} → ${reached.get(peer) ?? `${layer} ${peer}`}`);
    }
  }
  return [...found].sort();
}
