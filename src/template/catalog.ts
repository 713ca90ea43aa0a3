import { admitNode } from '../pipeline/admit-node.ts';
import { admitted } from '../pipeline/admitted.ts';
import type { ServiceQuery } from '../pipeline/query.ts';
import type { Asking, Registry } from './asking.ts';
import { instancesOf } from './instances.ts';
import type { CatalogData, TemplateNode, TemplateService } from './it.ts';
import { expectOptions, givenOf, isPath, scopeOf, serviceName, whereOptions } from './options.ts';
import { plainName } from './plain.ts';
import { isPlain } from './quote.ts';

const nodesOptions = [...whereOptions, 'near', 'filter', 'peer'];
const serviceOptions = [...nodesOptions, 'tags', 'health'];
const healths = ['passing', 'warning', 'any'];

/** The part of `it` that is about services and nodes. */
export function catalogData(asking: Asking, { admission, datacenter }: Registry): CatalogData {
  return {
    service(name, options = {}) {
      expectOptions('it.service', options, serviceOptions);
      if (options.health !== undefined && !healths.includes(options.health))
        throw new TypeError(`it.service: health is one of ${healths.join(', ')}, not ${options.health}`);
      const query: ServiceQuery = {
        kind: 'service',
        service: serviceName('it.service', name),
        ...scopeOf(options, datacenter),
        ...givenOf(options, 'peer', 'near', 'filter'),
      };
      const answer = asking.ask('service', query);
      if (answer === undefined) return Object.freeze([]);
      const seen = admitted(answer, admission, asking.snapshot);
      for (const { key, refusal, lookUp } of seen) {
        // What it leads to is shown once that is known.
        if (lookUp !== undefined) asking.follow(lookUp);
        if (refusal !== undefined) asking.leave(`service ${plainName(name)}`, key, refusal);
      }
      return instancesOf(seen, options);
    },
    services(where = {}) {
      expectOptions('it.services', where, whereOptions);
      const found = asking.ask('services', { kind: 'services', ...scopeOf(where, datacenter) })?.value ?? [];
      return Object.freeze(
        found.flatMap(({ name, tags }): TemplateService[] => {
          const refusal = refusalOf(name);
          if (refusal !== undefined) {
            asking.leave('services', name, refusal);
            return [];
          }
          const shown = tags.filter((tag) => admission.tags.has(tag));
          return [Object.freeze({ name, tags: Object.freeze(shown) })];
        }),
      );
    },
    nodes(options = {}) {
      expectOptions('it.nodes', options, nodesOptions);
      const query = {
        kind: 'nodes',
        ...scopeOf(options, datacenter),
        ...givenOf(options, 'peer', 'near', 'filter'),
      } as const;
      const found = asking.ask('nodes', query)?.value ?? [];
      return Object.freeze(
        found.flatMap((entry): TemplateNode[] => {
          const seen = admitNode(entry, admission);
          if ('refusal' in seen) {
            asking.leave('nodes', `${entry.datacenter}/${entry.node}`, seen.refusal);
            return [];
          }
          const { node, datacenter: own } = entry;
          return [
            Object.freeze({
              node: plainName(node),
              datacenter: plainName(own),
              host: seen.host,
              meta: Object.freeze(seen.meta),
            }),
          ];
        }),
      );
    },
  };
}

/** Why templates do not see a service: by its name they write text, and ask for its instances and for keys. */
function refusalOf(name: string): string | undefined {
  if (!isPlain(name)) return 'its name holds characters that nginx would not take literally';
  return isPath(name) ? undefined : 'Consul cannot be asked for it: a part of its name is empty, . or ..';
}
