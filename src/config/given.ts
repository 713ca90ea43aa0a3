import type { Problem } from '../pipeline/problem.ts';
import type { Setting } from './setting.ts';
import { byFlag, type Keyed, settings, variable } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value from outside the file, not checked. */
export interface Given {
  /** Its key in `upsync.yaml`. */
  readonly key: string;
  readonly value: string | number | boolean;
  /** The flag or variable that it came by. */
  readonly from: string;
}

export interface GivenOrNot {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
}

/** What flags (by name, as typed) and the `UPSYNC_…` environment say; a flag goes before its variable. */
export function givenValues(
  flags: ReadonlyMap<string, string>,
  env: Environment,
  table: Readonly<Record<string, Setting>> = settings,
): GivenOrNot {
  const all = [...byFlag(table)].flatMap(([flag, keyed]) => {
    const typed = flags.get(flag);
    if (typed !== undefined) return split(typed, flag, keyed);
    const name = keyed[0] === undefined ? '' : variable(keyed[0]);
    const set = env[name];
    // An empty variable is how Compose files and CI pass on one that is not set.
    return set === undefined || set === '' ? [] : split(set, name, keyed);
  });
  return { given: all.flatMap((one) => one.given), problems: all.flatMap((one) => one.problems) };
}

function split(text: string, from: string, keyed: readonly Keyed[]): readonly GivenOrNot[] {
  const parts = keyed.length === 1 ? [text] : text.split(':');
  if (parts.length !== keyed.length) {
    const form = keyed[0]?.setting.value;
    return [{ given: [], problems: [{ what: `not in the form ${form}`, where: from }] }];
  }
  const given = keyed.map(({ key, setting }, at) => ({
    key,
    value: typed(parts[at] ?? '', setting.fallback),
    from,
  }));
  return [{ given, problems: [] }];
}

/** As the type of its fallback, where the text is of that type: the schema judges what is not. */
function typed(text: string, fallback: unknown): string | number | boolean {
  if (typeof fallback === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (typeof fallback === 'boolean') return truth(text) ?? text;
  return text;
}

/** The spellings that Consul's own boolean variables have. */
export function truth(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  return undefined;
}
