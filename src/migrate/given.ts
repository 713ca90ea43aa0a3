import { parseHcl } from './hcl/parse.ts';
import type { Value } from './hcl/value.ts';

/** What consul-template's configuration says: each key with its dots, the last file's first. */
export interface Given {
  readonly settings: ReadonlyMap<string, Setting>;
  /** Of all files, in their order. */
  readonly templates: readonly GivenTemplate[];
}

export interface Setting {
  readonly value: Value;
  /** `file:line` */
  readonly where: string;
}

export interface GivenTemplate {
  /** By the key within the block: `source`, `exec.command`. */
  readonly settings: ReadonlyMap<string, Setting>;
  readonly where: string;
  /** The file that it stands in. */
  readonly file: string;
}

export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/** Reads the files as consul-template merges them: of a key the last counts, templates are added. Throws ProblemError. */
export function readGiven(texts: readonly ConfigText[]): Given {
  const settings = new Map<string, Setting>();
  const templates: GivenTemplate[] = [];
  for (const { file, text } of texts) {
    const { entries } = parseHcl(text, file);
    for (const { key, value, line } of entries) {
      const where = `${file}:${line}`;
      if (key !== 'template') flatten(key, value, where, file, settings);
      else {
        for (const one of value.kind === 'list' ? value.items : [value]) {
          const own = new Map<string, Setting>();
          flatten('', one, `${file}:${one.line}`, file, own);
          templates.push({ settings: own, where: `${file}:${one.line}`, file });
        }
      }
    }
  }
  return { settings, templates };
}

function flatten(key: string, value: Value, where: string, file: string, into: Map<string, Setting>): void {
  const blocks = value.kind === 'list' ? value.items.filter(({ kind }) => kind === 'object') : [value];
  // In JSON a block may be a list of one.
  if (value.kind === 'list' && blocks.length > 0) {
    for (const block of blocks) flatten(key, block, where, file, into);
  } else if (value.kind === 'object') {
    for (const entry of value.entries) {
      flatten(
        key === '' ? entry.key : `${key}.${entry.key}`,
        entry.value,
        `${file}:${entry.line}`,
        file,
        into,
      );
    }
  } else into.set(key, { value, where });
}

/** As consul-template's decoder takes it: numbers and truths stand for their text too. */
export function textOf({ value }: Setting): string {
  switch (value.kind) {
    case 'text':
      return value.text;
    case 'number':
      return String(value.number);
    case 'truth':
      return String(value.truth);
    case 'list':
      return value.items.map((item) => textOf({ value: item, where: '' })).join(' ');
    default:
      return '';
  }
}

export function isTrue(setting: Setting | undefined): boolean {
  return setting !== undefined && /^(true|1|t)$/i.test(textOf(setting));
}

export function wordsOf({ value }: Setting): readonly string[] | string {
  return value.kind === 'list'
    ? value.items.map((item) => textOf({ value: item, where: '' }))
    : textOf({ value, where: '' });
}
