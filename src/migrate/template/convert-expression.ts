import type { Expression } from './ast.ts';
import { fieldOf, metaOf } from './fields.ts';
import { functionNamed } from './functions.ts';
import { type Js, js, literal, partsOf, quoted } from './js.ts';
import type { Needs } from './needs.ts';
import { type Scope, variable } from './scope.ts';

/** Thrown where there is no conversion; `instead` says what to write. */
export class Unconverted extends Error {
  readonly instead: string;
  readonly isDropped: boolean;

  constructor(instead: string, isDropped = false) {
    super(instead);
    this.instead = instead;
    this.isDropped = isDropped;
  }
}

/** An expression as JavaScript. Throws Unconverted. */
export function convertExpression(expression: Expression, scope: Scope, needs: Needs): Js {
  const convert = (inner: Expression) => convertExpression(inner, scope, needs);
  switch (expression.type) {
    case 'text':
      return js(quoted(expression.text), 'text');
    case 'number':
      // Octal is written in another way, and underscores are gone already.
      return js(expression.text.replace(/^([+-]?)0(?=\d)/, '$10o').replace(/^\+/, ''), 'number');
    case 'truth':
      return js(String(expression.truth), 'truth');
    case 'nothing':
      return js('undefined', 'unknown');
    case 'dot':
      return scope.dot ?? unconverted('nothing: at the top of a template the dot holds nothing');
    case 'variable':
      return (
        variable(scope, expression.name) ??
        unconverted(`a variable of JavaScript in place of $${expression.name}`)
      );
    case 'field': {
      const { of, name } = expression;
      if (of.type === 'call' && of.name === 'scratch')
        return unconverted(functionNamed('scratch')?.write ?? '');
      const found = fieldOf(convert(of), name, needs);
      return 'instead' in found ? unconverted(found.instead) : found;
    }
    case 'method':
      return methodCall(expression);
    case 'call':
      return functionCall(expression);
  }

  function methodCall({ of, name, args }: Extract<Expression, { type: 'method' }>): Js {
    if (of.type === 'call' && of.name === 'scratch')
      return unconverted(functionNamed('scratch')?.write ?? '');
    // Tags have one method.
    const [first] = args;
    if (name !== 'Contains' || first === undefined || args.length > 1) return unconverted('JavaScript');
    return called('contains', [convert(first), convert(of)]);
  }

  function functionCall({ name, args }: Extract<Expression, { type: 'call' }>): Js {
    const row = functionNamed(name);
    if (row?.convert === undefined) {
      return unconverted(row?.write ?? `JavaScript: consul-template has no function ${name}`, row?.isDropped);
    }
    return called(name, args.map(convert));
  }

  function called(name: string, args: readonly Js[]): Js {
    const row = functionNamed(name);
    const [first, second] = args;
    if ((name === 'contains' || name === 'in') && first !== undefined && second !== undefined) {
      noteTag(first, second);
      noteTag(second, first);
    }
    if (name === 'index' && isMeta(first) && second !== undefined && args.length === 2) {
      const key = literal(second);
      return key === undefined
        ? unconverted("`server.meta.key`, with the key's own name")
        : metaOf(first, key, needs);
    }
    const found = row?.convert?.(args, { name, needs }) ?? unconverted(row?.write ?? 'JavaScript');
    return isFree(name, args, found) ? { ...found, free: true } : found;
  }

  /** A tag that is asked for must be one that templates may see. */
  function noteTag(tag: Js, list: Js): void {
    const text = literal(tag);
    if (text !== undefined && /\.tags$/.test(list.code)) needs.tags.add(text);
  }
}

/** Where a value comes from a key or the environment, or what was made of it may hold `.`, `@`, `~`, `|` or `?`. */
function isFree(name: string, args: readonly Js[], { parts }: Js): boolean {
  if (/^(key|keyOrDefault|env|mustEnv|envOrDefault)$/.test(name)) return true;
  const hasMark = (arg: Js) => partsOf(arg).some((part) => typeof part === 'string' && /[.@~|?]/.test(part));
  return args.some((arg) => arg.free || (parts === undefined && hasMark(arg)));
}

function isMeta(value: Js | undefined): value is Js {
  return typeof value?.kind === 'object' && 'record' in value.kind && value.kind.record === 'meta';
}

function unconverted(instead: string, isDropped?: boolean): never {
  throw new Unconverted(instead, isDropped);
}
