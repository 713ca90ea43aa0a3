import { dirname, resolve } from 'node:path';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import { type Problem, ProblemError, problemOf } from '../pipeline/problem.ts';
import { together } from './problems.ts';
import { readText } from './read.ts';

/** A parsed `upsync.yaml`, its values not checked. */
export interface ConfigFile {
  /** As it was given, for messages. */
  readonly name: string;
  /** What relative paths in it are relative to. */
  readonly folder: string;
  readonly root: unknown;
  /** The line of a key, or of the nearest one above it that is there; from 1. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Throws ProblemError with every fault of the YAML and its line; no message quotes the file. */
export async function readConfigFile(name: string, cwd: string): Promise<ConfigFile> {
  const path = resolve(cwd, name);
  const lines = new LineCounter();
  const text = await readText(path, name);
  // Pretty errors quote the line, and with it whatever stands there.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings].map(
    ({ message, pos }): Problem => ({
      what: unquoted(message),
      where: `${name}:${lines.linePos(pos[0]).line}`,
    }),
  );
  if (faults.length > 0) throw together(faults);
  return {
    name,
    folder: dirname(path),
    root: contentsOf(document, name),
    lineOf: (keys) => lines.linePos(offsetOf(document.contents, keys)).line,
  };
}

/** Aliases are followed only here. */
function contentsOf(document: Document, name: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw new ProblemError({ what: unquoted(problemOf(error).what), where: name });
  }
}

/** Some messages end with what the file says there, which may be a secret. */
function unquoted(message: string): string {
  return message.replace(/(: | %).*$/s, '');
}

function offsetOf(root: ParsedNode | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (pair === undefined) break;
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset;
    } else break;
  }
  return offset;
}
