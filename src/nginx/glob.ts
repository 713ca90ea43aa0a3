/** The names in a folder; none where it is missing or cannot be read. */
export type Names = (folder: string) => Promise<readonly string[]>;

/** Whether nginx takes an include for a pattern (ngx_conf_include). */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/**
 * What glob(3), called without flags as nginx does, finds for an absolute pattern: `*`, `?` and `[…]`
 * stay within one folder and leave out leading dots, `\` escapes, and the result is sorted by bytes.
 * `fs.glob` is another language: it knows `**` and braces and has no escapes.
 */
export async function glob(pattern: string, names: Names): Promise<readonly string[]> {
  let found = [''];
  const parts = pattern.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (!last && !isPattern(part)) {
      found = found.map((folder) => `${folder}/${part.replace(/\\(.)/g, '$1')}`);
      continue;
    }
    const wanted = matcher(part);
    const matches = await Promise.all(
      found.map(async (folder) =>
        ['.', '..', ...(await names(folder || '/'))]
          .filter((name) => wanted.test(name))
          .map((name) => `${folder}/${name}`),
      ),
    );
    found = matches.flat();
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

const PIECE =
  /\\(?<escaped>.)|(?<star>\*)|(?<any>\?)|\[(?<not>[!^]?)(?<set>(?:\]|\[:\w+:\]|\\.|[^\]\\])(?:\[:\w+:\]|\\.|[^\]\\])*)\]|(?<plain>.)/gsu;

function matcher(part: string): RegExp {
  const pieces = [...part.matchAll(PIECE)].map(({ groups = {} }) => {
    if (groups.star) return '.*';
    if (groups.any) return '.';
    if (groups.set) return `[${groups.not ? '^' : ''}${charset(groups.set)}]`;
    return literal(groups.escaped ?? groups.plain ?? '');
  });
  const hidden = /^\\?\./.test(part) ? '' : '(?!\\.)';
  return new RegExp(`^${hidden}${pieces.join('')}$`, 'su');
}

/** The inside of a bracket expression: classes, ranges and single characters. */
function charset(set: string): string {
  return set.replace(
    /\[:(\w+):\]|(\\?.)-(\\?.)|\\?(.)/gsu,
    (_, name: string | undefined, from: string | undefined, to: string | undefined, char: string) => {
      if (name !== undefined) return CLASSES[name] ?? '';
      if (from === undefined || to === undefined) return literal(char);
      const [low, high] = [from.replace('\\', ''), to.replace('\\', '')];
      return low <= high ? `${literal(low)}-${literal(high)}` : '';
    },
  );
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/gu, (special) => `\\x${special.charCodeAt(0).toString(16)}`);
}
