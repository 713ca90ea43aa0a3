import { type Directive, tokenize } from '../../src/syntax/tokenize.ts';

/** A directive as one text, or a block as that and what it holds. */
export type Meaning = string | readonly [string, readonly Meaning[]];

/**
 * What configuration says, whatever its blanks, comments and order: sorted, and the servers of an upstream without
 * what nginx takes by default. `none` is what stands for an upstream without servers.
 */
export function meaningOf(text: string, none: RegExp): readonly Meaning[] {
  return sorted(tokenize(text, 'rendered').map((directive) => meaning(directive, none, false)));
}

function meaning({ name, args, block }: Directive, none: RegExp, inUpstream: boolean): Meaning {
  const words = args.map(({ value }) => value);
  if (inUpstream && name === 'server') return server(words, none);
  const line = [name, ...words].join(' ');
  if (block === undefined) return line;
  return [line, sorted(block.map((inner) => meaning(inner, none, name === 'upstream')))];
}

function server([address = '', ...parameters]: readonly string[], none: RegExp): string {
  const line = [address, ...parameters].join(' ');
  if (none.test(line)) return 'no server';
  const said = parameters
    .map((parameter) => parameter.replace(/^(fail_timeout=\d+)$/, '$1s'))
    .filter((parameter) => !['weight=1', 'max_fails=1', 'fail_timeout=10s'].includes(parameter));
  return ['server', address, ...said.sort()].join(' ');
}

function sorted(meanings: readonly Meaning[]): readonly Meaning[] {
  return meanings.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
