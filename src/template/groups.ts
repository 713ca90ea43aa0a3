import type { GroupData, TemplateServer } from './it.ts';

/** The part of `it` that sorts lists into groups. */
export const groupData: GroupData = {
  groupBy: (list, keyOf) => Map.groupBy(list, keyOf),
  byTag(servers) {
    const tagged = servers.flatMap((server) => server.tags.map((tag) => [tag, server] as const));
    return grouped(tagged);
  },
  byMeta: (servers, key) =>
    grouped(
      servers.flatMap((server) => {
        const value = server.meta[key];
        return value === undefined ? [] : [[value, server] as const];
      }),
    ),
  byDatacenter: (servers) => grouped(servers.map((server) => [datacenterOf(server), server] as const)),
};

function datacenterOf({ key }: Pick<TemplateServer, 'key'>): string {
  return key.split('/', 1)[0] ?? '';
}

/** In the order of the keys, so that the order of the servers does not show. */
function grouped<K extends string | number | boolean, T>(pairs: readonly (readonly [K, T])[]): Map<K, T[]> {
  const groups = Map.groupBy(pairs, ([key]) => key);
  return new Map(
    [...groups]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, group]) => [key, group.map(([, one]) => one)]),
  );
}
