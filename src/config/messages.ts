import { z } from 'zod';
import { nearest } from './nearest.ts';
import { settings } from './settings.ts';

/**
 * What zod would say in its own words, in ours: `what`, or `what; remedy`. For unknown keys, one line for
 * each. No value is repeated: it might be a secret in the wrong place.
 */
export function message(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join('\n');
    case 'invalid_type':
      return issue.input === undefined ? 'missing' : notOf(issue.expected, issue.input);
    case 'invalid_value':
      return `not one of its values; write ${either(issue.values.map(String))}`;
    case 'too_small':
      return issue.origin === 'array'
        ? 'an empty list; name one, or leave the key out'
        : `too small; at least ${issue.minimum}`;
    default:
      return 'not valid here; see upsync schema';
  }
}

function unknownKey(key: string, siblings: readonly string[]): string {
  const elsewhere = Object.keys(settings).find((path) => path.endsWith(`.${key}`));
  const guess = nearest(key, siblings) ?? elsewhere;
  return guess === undefined
    ? `unknown key; known here: ${siblings.join(', ')}`
    : `unknown key; did you mean ${guess}?`;
}

function keysOf(type: unknown): readonly string[] {
  return type instanceof z.ZodObject ? Object.keys(type.shape) : [];
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
};

function notOf(expected: string, input: unknown): string {
  if (input === null) return 'has no value; give one, or leave the key out';
  const kind = kinds[expected] ?? expected;
  // YAML reads an unquoted 123 or true as what it looks like.
  const example = kind === kinds.object ? '; write KEY: VALUE for each' : '';
  const quote = expected === 'string' && typeof input !== 'object' ? '; put it in quotes' : '';
  return `not ${kind}${quote}${example}`;
}

function either(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
