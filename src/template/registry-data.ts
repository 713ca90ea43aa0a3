import type { Asking, Registry } from './asking.ts';
import { catalogData } from './catalog.ts';
import { environmentOf } from './environment.ts';
import { groupData } from './groups.ts';
import type { TemplateData, ViewData } from './it.ts';
import { kvData } from './kv.ts';

/** All that `it` has besides the view. */
export function registryData(
  asking: Asking,
  registry: Registry,
): Omit<TemplateData, keyof ViewData | 'gateway'> {
  return {
    ...kvData(asking, registry),
    ...catalogData(asking, registry),
    ...groupData,
    env: environmentOf(asking, registry),
  };
}
