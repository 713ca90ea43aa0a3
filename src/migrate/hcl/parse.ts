import { ProblemError } from '../../pipeline/problem.ts';
import { lineAt } from '../../syntax/tokenize.ts';
import { scan, type Token } from './scan.ts';
import type { Entry, Value } from './value.ts';

type Object_ = Extract<Value, { kind: 'object' }>;

/**
 * Reads HCL 1, or JSON, which it takes as well as consul-template does. A block's labels become objects around
 * it. Throws ProblemError with `file:line`; no message quotes a value, which may be a secret.
 */
export function parseHcl(source: string, file: string): Object_ {
  const tokens = [...scan(source, file)];
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', start: source.length };
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const lineOf = ({ start }: Token) => lineAt(source, start);
  const fail = (token: Token, expected: string): never => {
    const found = token.kind === 'end' ? 'the end of the file' : (nameOf(token) ?? `"${token.kind}"`);
    throw new ProblemError({
      what: `unexpected ${found}, expected ${expected}`,
      where: `${file}:${lineOf(token)}`,
    });
  };

  function entries(end: '}' | 'end'): Entry[] {
    const found: Entry[] = [];
    for (;;) {
      const token = next();
      if (token.kind === end) return found;
      if (token.kind === ',') continue;
      const entry = entryOf(token);
      if (entry !== undefined) found.push(entry);
    }
  }

  /** Undefined where JSON has null. */
  function entryOf(token: Token): Entry | undefined {
    if (token.kind !== 'word' && token.kind !== 'text') return fail(token, 'a key');
    const line = lineOf(token);
    const value = valueOfKey();
    return value && { key: token.text, value, line };
  }

  function valueOfKey(): Value | undefined {
    const token = next();
    const line = lineOf(token);
    switch (token.kind) {
      case '=':
      case ':':
        return value();
      case '{':
        return { kind: 'object', entries: entries('}'), line };
      case 'text':
      case 'word': {
        const inner = entryOf(token);
        return { kind: 'object', entries: inner === undefined ? [] : [inner], line };
      }
      default:
        return fail(token, '"=" or "{"');
    }
  }

  function value(): Value | undefined {
    const token = next();
    const line = lineOf(token);
    switch (token.kind) {
      case 'text':
        return { kind: 'text', text: token.text, line };
      case 'number':
        return { kind: 'number', number: token.number, line };
      case '{':
        return { kind: 'object', entries: entries('}'), line };
      case '[':
        return { kind: 'list', items: items(), line };
      case 'word':
        if (token.text === 'null') return undefined;
        if (token.text === 'true' || token.text === 'false')
          return { kind: 'truth', truth: token.text === 'true', line };
    }
    return fail(token, 'a value; texts stand in double quotes');
  }

  function items(): Value[] {
    const found: Value[] = [];
    while (peek().kind !== ']') {
      if (peek().kind === 'end') fail(peek(), '"]"');
      const item = value();
      if (item !== undefined) found.push(item);
      if (peek().kind === ',') next();
      else if (peek().kind !== ']') fail(peek(), '"," or "]"');
    }
    next();
    return found;
  }

  const first = peek();
  if (first.kind !== '{') return { kind: 'object', entries: entries('end'), line: 1 };
  next();
  const root: Object_ = { kind: 'object', entries: entries('}'), line: 1 };
  if (peek().kind !== 'end') fail(peek(), 'the end of the file');
  return root;
}

/** A key is no secret, a value may be one. */
function nameOf(token: Token): string | undefined {
  if (token.kind === 'text') return 'text';
  if (token.kind === 'number') return 'number';
  return token.kind === 'word' ? 'word' : undefined;
}
