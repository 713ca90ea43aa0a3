import type { Js } from './js.ts';

/** What a template sees at one place: its variables, and the dot. A block of Go's is a block of JavaScript's. */
export interface Scope {
  /** Undefined at the top, where consul-template gives nothing. */
  readonly dot: Js | undefined;
  readonly variables: Map<string, Js>;
  /** The names of JavaScript that this block declares. */
  readonly taken: Set<string>;
  readonly outer: Scope | undefined;
}

export function innerScope(outer: Scope | undefined, dot: Js | undefined): Scope {
  return { dot, variables: new Map(), taken: new Set(), outer };
}

/** What JavaScript or Eta keeps for itself. */
const RESERVED = new Set(
  `it options include includeAsync layout output capture Object Array String Number JSON Math undefined
  arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public
  return static super switch this throw true try typeof var void while with yield`.split(/\s+/),
);

/** A name that nothing else in sight has: an inner one of the same name could not be made from the outer. */
export function freshName(scope: Scope, wanted: string): string {
  const base = wanted.replace(/[^\w$]/g, '_').replace(/^(?=\d)/, '_') || 'value';
  const isTaken = (name: string) => {
    for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) {
      if (each.taken.has(name)) return true;
    }
    return RESERVED.has(name) || name.startsWith('__eta');
  };
  let name = base;
  for (let number = 2; isTaken(name); number += 1) name = `${base}${number}`;
  scope.taken.add(name);
  return name;
}

export function variable(scope: Scope | undefined, name: string): Js | undefined {
  return scope && (scope.variables.get(name) ?? variable(scope.outer, name));
}
