/** The `SERVICE_…` settings that count for one port, by their lower-cased names without that prefix. */
export interface Settings {
  /** What was given, unless it is empty. */
  get(name: string): string | undefined;
  /** Whether it was given for this port alone, as `SERVICE_<port>_NAME`. */
  isOwn(name: string): boolean;
  readonly all: ReadonlyMap<string, string>;
}

/** Of two settings with one name the later counts, and one for the port before one for all. */
export function settingsFor(
  port: number,
  given: readonly (readonly [name: string, value: string])[],
): Settings {
  const general = new Map<string, string>();
  const own = new Map<string, string>();
  for (const [key, value] of given) {
    const [, number, name] = /^SERVICE_(?:(\d+)_)?(.+)$/.exec(key) ?? [];
    if (name === undefined) continue;
    if (number === undefined) general.set(name.toLowerCase(), value);
    else if (Number(number) === port) own.set(name.toLowerCase(), value);
  }
  const all = new Map([...general, ...own]);
  return {
    get: (name) => all.get(name) || undefined,
    isOwn: (name) => own.has(name),
    all,
  };
}

/** Splits at commas, but not at `\,`, which stands for one. */
export function splitTags(text: string): readonly string[] {
  return text
    .split(/(?<!\\),/)
    .map((tag) => tag.replaceAll('\\,', ','))
    .filter((tag) => tag !== '');
}

/** Whether a setting that is a switch is on: Registrator takes any text for that; `false` and `0` are not meant so. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(false|0)$/i.test(value);
}
