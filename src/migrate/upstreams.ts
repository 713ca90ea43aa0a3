import type { Draft } from './draft.ts';
import type { UpstreamKeys } from './template/upstream.ts';

export interface Claims {
  /** The name under which upsync.yaml has such an upstream; undefined where that name is another one's. */
  claim(name: string, keys: UpstreamKeys): string | undefined;
  readonly names: readonly string[];
  /** Writes them all. */
  draftTo(draft: Draft): void;
}

export function createClaims(): Claims {
  const claimed = new Map<string, UpstreamKeys>();
  return {
    claim(name, keys) {
      // To nginx, names that differ in case alone are one.
      const [twin, other] = [...claimed].find(([known]) => known.toLowerCase() === name.toLowerCase()) ?? [];
      if (twin === undefined) {
        claimed.set(name, keys);
        return name;
      }
      return twin === name && JSON.stringify(other) === JSON.stringify(keys) ? name : undefined;
    },
    get names() {
      return [...claimed.keys()];
    },
    draftTo(draft) {
      if (claimed.size === 0) return;
      draft.set(
        'defaults.on_warning',
        'drop',
        'As consul-template: instances whose check warns take no traffic. upsync\'s own default is "use".',
      );
      const upstreams = [...claimed].map(([name, { service, on_warning, ...keys }]) => {
        const own = {
          ...(service !== name && { service }),
          ...keys,
          ...(on_warning === 'use' && { on_warning }),
        };
        return [name, own] as const;
      });
      draft.set('upstreams', Object.fromEntries(upstreams));
    },
  };
}
