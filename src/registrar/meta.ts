import type { Settings } from './settings.ts';

/** What is no meta, because it says something else. */
const spokenFor = /^(name|id|tags|ignore|check_.*)$/;

/** What Consul takes (its `structs.ValidateServiceMetadata`): one pair too odd would refuse the whole registration. */
const limits = { pairs: 64, key: 128, value: 512 };

/** The settings that mean nothing to the registrar, with the marks; and what Consul would not take, in words. */
export function metaOf(
  settings: Settings,
  marks: Readonly<Record<string, string>>,
): { readonly meta: Readonly<Record<string, string>>; readonly leftOut: readonly string[] } {
  const given = [...settings.all].filter(([key]) => !spokenFor.test(key));
  const room = limits.pairs - Object.keys(marks).length;
  const fitting = given.filter(([key, value]) => fits(key, value));
  const kept = fitting.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, room);
  const keys = new Set(kept.map(([key]) => key));
  return {
    meta: { ...Object.fromEntries(kept), ...marks },
    leftOut: [
      ...given
        .filter(([key]) => !keys.has(key))
        .map(([key]) => `its meta ${key} is left out: Consul would not take it`),
      ...['check_script', 'check_cmd']
        .filter((key) => settings.get(key) !== undefined)
        .map((key) => `SERVICE_${key.toUpperCase()} is passed over: agents run no scripts for strangers`),
    ],
  };
}

function fits(key: string, value: string): boolean {
  const known = /^[a-z0-9_-]+$/.test(key) && !key.startsWith('consul-');
  return known && key.length <= limits.key && Buffer.byteLength(value) <= limits.value;
}
