import { exactly, type FunctionRow } from './function.ts';
import { condition, type Js, js, type Kind, literal, loose, tight } from './js.ts';

function compared(operator: string): NonNullable<FunctionRow['convert']> {
  return exactly(2, ([a, b]) => loose(`${tight(a)} ${operator} ${tight(b)}`, 'truth'));
}

/** Go's `and` and `or` give back one of their arguments. */
function chained(operator: '&&' | '||'): NonNullable<FunctionRow['convert']> {
  return (args) => {
    const [first] = args;
    if (first === undefined) return undefined;
    const isLogic = args.every(({ kind }) => kind === 'truth' || typeof kind !== 'string');
    const parts = args.map((arg) => (isLogic ? grouped(arg) : tight(arg)));
    const isOneKind = args.every(({ kind }) => kind === first.kind);
    return loose(parts.join(` ${operator} `), isLogic ? 'truth' : isOneKind ? first.kind : 'unknown');
  };
}

/** A comparison binds closer than `&&` and `||`, which need parentheses between themselves. */
function grouped(value: Js): string {
  const code = condition(value);
  return /&&|\|\||\?/.test(code) ? `(${code})` : code;
}

function sum(operator: string): NonNullable<FunctionRow['convert']> {
  return exactly(2, ([a, b]) => loose(`${tight(a)} ${operator} ${tight(b)}`, 'number'));
}

/** Conditions, numbers, and what groups: into a map, as upsync's helpers do. */
export const logicFunctions: readonly FunctionRow[] = [
  {
    names: ['eq'],
    write: '`a === b`',
    convert: ([first, ...others]) => {
      if (first === undefined || others.length === 0) return undefined;
      return loose(others.map((other) => `${tight(first)} === ${tight(other)}`).join(' || '), 'truth');
    },
  },
  { names: ['ne'], write: '`a !== b`', convert: compared('!==') },
  { names: ['lt'], write: '`a < b`', convert: compared('<') },
  { names: ['le'], write: '`a <= b`', convert: compared('<=') },
  { names: ['gt'], write: '`a > b`', convert: compared('>') },
  { names: ['ge'], write: '`a >= b`', convert: compared('>=') },
  { names: ['and'], write: '`a && b`', convert: chained('&&') },
  { names: ['or'], write: '`a || b`', convert: chained('||') },
  {
    names: ['not'],
    write: '`!a`; of a list `list.length === 0`',
    convert: exactly(1, ([value]) => {
      const { kind } = value;
      if (typeof kind !== 'string' && 'list' in kind) return loose(`${tight(value)}.length === 0`, 'truth');
      return js(
        `!${value.loose || typeof kind !== 'string' ? `(${condition(value)})` : value.code}`,
        'truth',
      );
    }),
  },
  {
    names: ['len'],
    write: '`list.length`',
    convert: exactly(1, ([value]) => {
      const { kind } = value;
      if (typeof kind !== 'string' && 'groups' in kind) return js(`${tight(value)}.size`, 'number');
      return js(`${tight(value)}.length`, 'number');
    }),
  },
  {
    names: ['index'],
    write: "`list[0]`, `meta.key`, `meta['a-key']`",
    convert: exactly(2, ([of, key]) => elementOf(of, key)),
  },
  {
    names: ['slice'],
    write: '`list.slice(0, 2)`',
    convert: ([of, ...ends]) =>
      of && js(`${tight(of)}.slice(${ends.map(({ code }) => code).join(', ')})`, of.kind),
  },
  {
    names: ['loop'],
    write: '`for (let i = 0; i < 5; i += 1)`',
    convert: ([first, second, ...more]) => {
      if (first === undefined || more.length > 0) return undefined;
      const numbers: Kind = { list: 'number' };
      if (second === undefined) return js(`Array.from({ length: ${first.code} }, (_, i) => i)`, numbers);
      const [from, to] = [tight(first), tight(second)];
      return js(`Array.from({ length: ${to} - ${from} }, (_, i) => ${from} + i)`, numbers);
    },
  },
  { names: ['add'], write: '`a + b`', convert: sum('+') },
  // What is piped is the last argument, and what is taken from.
  { names: ['subtract'], write: '`a - b`', convert: exactly(2, ([b, a], call) => sum('-')([a, b], call)) },
  { names: ['multiply'], write: '`a * b`', convert: sum('*') },
  {
    names: ['divide'],
    write: '`Math.trunc(a / b)`',
    convert: exactly(2, ([b, a]) => js(`Math.trunc(${tight(a)} / ${tight(b)})`, 'number')),
  },
  { names: ['modulo'], write: '`a % b`', convert: exactly(2, ([b, a], call) => sum('%')([a, b], call)) },
  {
    names: ['minimum'],
    write: '`Math.min(a, b)`',
    convert: exactly(2, ([a, b]) => js(`Math.min(${a.code}, ${b.code})`, 'number')),
  },
  {
    names: ['maximum'],
    write: '`Math.max(a, b)`',
    convert: exactly(2, ([a, b]) => js(`Math.max(${a.code}, ${b.code})`, 'number')),
  },
  {
    names: ['byTag'],
    write: '`it.byTag(list)`',
    convert: exactly(1, ([list], { needs }) => {
      needs.toDo.add('grouping by tag: list the tags that may be seen under expose.tags');
      return grouping(`it.byTag(${list.code})`, list);
    }),
  },
  {
    names: ['byMeta'],
    write: "`it.byMeta(list, 'key')`",
    convert: exactly(2, ([key, list], { needs }) => {
      const name = literal(key);
      if (name === undefined || !/^[\w-]+$/.test(name)) return undefined;
      needs.meta.add(name);
      return grouping(`it.byMeta(${list.code}, ${key.code})`, list);
    }),
  },
  { names: ['byKey'], write: "`it.groupBy(it.tree('prefix'), ({ key }) => key.split('/')[0])`" },
  { names: ['byPort'], write: '`it.groupBy(list, ({ port }) => String(port))`' },
];

function grouping(code: string, { kind }: Js): Js | undefined {
  if (typeof kind === 'string' || !('list' in kind)) return undefined;
  return js(code, { groups: kind.list });
}

function elementOf(of: Js, key: Js): Js | undefined {
  const { kind } = of;
  if (typeof kind !== 'string' && 'list' in kind) return js(`${tight(of)}[${key.code}]`, kind.list);
  if (typeof kind !== 'string' && 'groups' in kind) {
    return loose(`${tight(of)}.get(${key.code}) ?? []`, { list: kind.groups });
  }
  return kind === 'unknown' ? js(`${tight(of)}[${key.code}]`, 'unknown') : undefined;
}
