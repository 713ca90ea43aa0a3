import type { Draft } from './draft.ts';
import type { Given, Setting } from './given.ts';
import type { KeyRow } from './key-row.ts';
import { consulKeys } from './keys-consul.ts';
import { processKeys } from './keys-process.ts';
import { templateKeys } from './keys-template.ts';

/** Every key and flag of consul-template 0.42, in the order of docs/consul-template.md. */
export const keyRows: readonly KeyRow[] = [...consulKeys, ...processKeys, ...templateKeys];

/** `vault.*` stands for all that begins with `vault.`. */
export function rowOf(key: string): KeyRow | undefined {
  return keyRows.find(({ keys }) =>
    keys.some((known) => known === key || (known.endsWith('*') && key.startsWith(known.slice(0, -1)))),
  );
}

/** Moves all keys but those of templates. */
export function moveSettings(given: Given, draft: Draft): void {
  for (const [key, setting] of given.settings) {
    const row = rowOf(key);
    if (row?.becomes === 'key') row.move?.(setting, draft, given);
  }
  sayOthers(given.settings, '', draft);
}

/** Says what has no like among the keys of templates: once for all of them. */
export function sayTemplateKeys({ templates }: Given, draft: Draft): void {
  sayOthers(new Map(templates.flatMap(({ settings }) => [...settings])), 'template.', draft);
}

function sayOthers(settings: ReadonlyMap<string, Setting>, prefix: string, draft: Draft): void {
  const given = [...settings].map(([key, { where }]) => ({ key: `${prefix}${key}`, where }));
  for (const [row, several] of Map.groupBy(given, ({ key }) => rowOf(key))) {
    const names = several.map(({ key }) => key).join(', ');
    const where = several[0]?.where;
    if (row === undefined)
      draft.say('open', `${names}: consul-template 0.42 does not know it, and upsync neither`, where);
    else if (row.becomes === 'unneeded') draft.say('left', `${names}: ${row.upsync}`, where);
    else if (row.becomes === 'outside') draft.say('open', `${names}, out of scope: ${row.upsync}`, where);
  }
}
