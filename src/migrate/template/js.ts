import type { ServiceQuery } from './service-query.ts';

/** What a value is, as far as the template tells: Go and JavaScript differ in what counts as true, and in the names of fields. */
export type Kind =
  | 'text'
  | 'number'
  | 'truth'
  | 'unknown'
  | { readonly list: Kind }
  /** A map of lists. */
  | { readonly groups: Kind }
  | { readonly record: 'service' | 'node' | 'entry' }
  | { readonly record: 'instance'; readonly query: ServiceQuery }
  | { readonly record: 'meta' | 'weights' };

/** A piece of JavaScript. */
export interface Js {
  readonly code: string;
  readonly kind: Kind;
  /** It needs parentheses before a dot or an operator. */
  readonly loose?: true;
  /** It may be empty, and holds nothing that means anything to nginx: written raw, it leaves no `""`. */
  readonly plain?: true;
  /** A text that is put together: what is written of it, and what is computed. */
  readonly parts?: readonly Part[];
  /** A text that may hold anything, marks that mean something to consul-template among it. */
  readonly free?: true;
}

export type Part = string | Js;

export function js(code: string, kind: Kind): Js {
  return { code, kind };
}

export function loose(code: string, kind: Kind): Js {
  return { code, kind, loose: true };
}

/** With parentheses where it needs them. */
export function tight({ code, loose }: Js): string {
  return loose ? `(${code})` : code;
}

export function quoted(text: string): string {
  const escaped = text
    .replace(/[\\']/g, '\\$&')
    .replace(/[\n\r\t]/g, (char) => JSON.stringify(char).slice(1, -1));
  return `'${escaped}'`;
}

/** The text of a literal; undefined for what is computed. */
export function literal({ code }: Js): string | undefined {
  return /^'(?:\\.|[^'\\])*'$/.test(code)
    ? code.slice(1, -1).replace(/\\(.)/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char)
    : undefined;
}

/** The pieces of a text: one, where it is not put together. */
export function partsOf(value: Js): readonly Part[] {
  const text = literal(value);
  return text === undefined ? (value.parts ?? [value]) : [text];
}

/** A variable that holds the value. */
export function bound(name: string, value: Js): Js {
  const { kind, plain, free } = value;
  const parts = partsOf(value);
  return {
    code: name,
    kind,
    ...(plain && { plain }),
    ...(free && { free }),
    ...(parts[0] !== value && { parts }),
  };
}

/** As a condition: to Go what is empty is false, to JavaScript an empty list is true. */
export function condition(value: Js): string {
  const { kind } = value;
  if (typeof kind === 'string') return value.code;
  if ('list' in kind) return `${tight(value)}.length > 0`;
  return 'groups' in kind ? `${tight(value)}.size > 0` : value.code;
}

/** `it.a` or `it['a-b']`. */
export function member(of: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${of}.${name}` : `${of}[${quoted(name)}]`;
}
