import { formatted } from './format.ts';
import { exactly, type FunctionRow } from './function.ts';
import { type Js, js, literal, loose, partsOf, tight } from './js.ts';

/** A method of the last argument's, which is the one that is piped. */
function method(name: string, kind: 'text' | 'unknown' = 'text'): NonNullable<FunctionRow['convert']> {
  return (args) => {
    const value = args.at(-1);
    if (value === undefined) return undefined;
    const rest = args.slice(0, -1).map(({ code }) => code);
    return js(`${asText(value)}.${name}(${rest.join(', ')})`, kind);
  };
}

function asText(value: Js): string {
  return value.kind === 'number' ? `String(${value.code})` : tight(value);
}

/** A regular expression literal; Go's syntax and JavaScript's differ in rare things, flags among them. */
function pattern(source: Js, flags: string): string | undefined {
  const text = literal(source);
  if (text === undefined || text.startsWith('(?') || text.includes('\n')) return undefined;
  return `/${text.replaceAll('/', '\\/') || '(?:)'}/${flags}`;
}

/** Text, and lists of it. */
export const textFunctions: readonly FunctionRow[] = [
  { names: ['toLower'], write: '`text.toLowerCase()`', convert: method('toLowerCase') },
  { names: ['toUpper'], write: '`text.toUpperCase()`', convert: method('toUpperCase') },
  { names: ['trimSpace'], write: '`text.trim()`', convert: method('trim') },
  {
    names: ['replaceAll'],
    write: "`text.replaceAll('a', 'b')`",
    convert: (args, call) => (args.length === 3 ? method('replaceAll')(args, call) : undefined),
  },
  {
    names: ['split'],
    write: "`(text.trim() || undefined)?.split(',') ?? []`: of an empty text no parts, else empty ones too",
    convert: exactly(2, ([separator, text]) =>
      loose(`(${asText(text)}.trim() || undefined)?.split(${separator.code}) ?? []`, { list: 'text' }),
    ),
  },
  {
    names: ['join'],
    write: "`list.join(',')`",
    convert: exactly(2, ([separator, list]) => js(`${tight(list)}.join(${separator.code})`, 'text')),
  },
  {
    names: ['printf'],
    write: "`[a, ':', b].join('')`, or a template literal",
    convert: (args) => formatted(args),
  },
  {
    names: ['print'],
    write: "`[a, b].join('')`",
    convert: (args) => ({
      ...js(`[${args.map(({ code }) => code).join(', ')}].join('')`, 'text'),
      parts: args.flatMap(partsOf),
    }),
  },
  {
    names: ['contains'],
    write: "`list.includes('x')`",
    convert: exactly(2, ([item, list]) => js(`${tight(list)}.includes(${item.code})`, 'truth')),
  },
  {
    names: ['in'],
    write: "`list.includes('x')`",
    convert: exactly(2, ([list, item]) => js(`${tight(list)}.includes(${item.code})`, 'truth')),
  },
  {
    names: ['containsAll'],
    write: '`wanted.every((one) => list.includes(one))`',
    convert: some('every', ''),
  },
  { names: ['containsAny'], write: '`wanted.some((one) => list.includes(one))`', convert: some('some', '') },
  {
    names: ['containsNone'],
    write: '`wanted.every((one) => !list.includes(one))`',
    convert: some('every', '!'),
  },
  {
    names: ['containsNotAll'],
    write: '`wanted.some((one) => !list.includes(one))`',
    convert: some('some', '!'),
  },
  {
    names: ['regexMatch'],
    write: '`/pattern/.test(text)`',
    convert: exactly(2, ([source, text]) => {
      const found = pattern(source, '');
      return found === undefined ? undefined : js(`${found}.test(${text.code})`, 'truth');
    }),
  },
  {
    names: ['regexReplaceAll'],
    write: "`text.replace(/pattern/g, 'text')`",
    convert: exactly(3, ([source, by, text]) => {
      const found = pattern(source, 'g');
      if (found === undefined || literal(by)?.includes('${') !== false) return undefined;
      return js(`${asText(text)}.replace(${found}, ${by.code})`, 'text');
    }),
  },
  { names: ['trim', 'trimPrefix', 'trimSuffix'], write: "`text.replace(/^prefix/, '')`" },
  { names: ['toTitle', 'indent'], write: "JavaScript: `text.replaceAll(/^/gm, '    ')`" },
  { names: ['parseBool'], write: "`text === 'true'`" },
  {
    names: ['parseInt', 'parseUint', 'parseFloat'],
    write: '`Number(text)`',
    convert: exactly(1, ([text]) => js(`Number(${text.code})`, 'number')),
  },
  {
    names: ['parseJSON'],
    write: '`JSON.parse(text)`',
    convert: exactly(1, ([text]) => js(`JSON.parse(${text.code})`, 'unknown')),
  },
  {
    names: ['toJSON'],
    write: '`JSON.stringify(value)`',
    convert: exactly(1, ([value]) =>
      value.kind === 'unknown' ? js(`JSON.stringify(${value.code})`, 'text') : undefined,
    ),
  },
  {
    names: ['toJSONPretty', 'toUnescapedJSON', 'toUnescapedJSONPretty'],
    write: '`JSON.stringify(value, undefined, 2)`',
  },
  {
    names: ['base64Decode', 'base64Encode', 'base64URLDecode', 'base64URLEncode'],
    write: "`Buffer.from(text, 'base64').toString()`, `Buffer.from(text).toString('base64url')`",
  },
  {
    names: [
      'parseYAML',
      'toYAML',
      'toTOML',
      'explode',
      'explodeMap',
      'mergeMap',
      'mergeMapWithOverride',
      'splitToMap',
    ],
    write: 'JavaScript, with the keys and values that you need; JSON in the key, for `JSON.parse`',
  },
  {
    names: ['html', 'js', 'urlquery'],
    write: '`encodeURIComponent(text)`; what `<%= … %>` writes is quoted for nginx already',
  },
];

function some(quantifier: string, not: string): NonNullable<FunctionRow['convert']> {
  return exactly(2, ([wanted, list]) =>
    loose(`${tight(wanted)}.${quantifier}((one) => ${not}${tight(list)}.includes(one))`, 'truth'),
  );
}
