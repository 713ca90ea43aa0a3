import type { Node, Place } from './ast.ts';
import { Unconverted } from './convert-expression.ts';
import { type Needs, noNeeds } from './needs.ts';
import type { UpstreamKeys } from './upstream.ts';
import { createWriter, type Writer } from './writer.ts';

/** A place that was not converted. */
export interface Mark {
  /** Of the original. */
  readonly line: number;
  readonly source: string;
  /** What to write instead. */
  readonly instead: string;
  /** Nothing is to be done: upsync has no need of it. */
  readonly isDropped: boolean;
}

export interface Options {
  /** By what the original is known in marks. */
  readonly file: string;
  readonly isNginx: boolean;
  /** Takes an upstream into upsync.yaml and gives the name that it has there; undefined where it cannot be one. */
  readonly claim: (name: string, keys: UpstreamKeys) => string | undefined;
}

/** What the conversion of one template carries along. */
export interface Pass extends Options {
  readonly out: Writer;
  readonly needs: Needs;
  readonly marks: readonly Mark[];
  /** Variables that are set again somewhere. */
  readonly changed: ReadonlySet<string>;
  /** Marks a place; `then` is code that keeps the braces of what follows in step. */
  mark(at: Place, why: Unconverted, then?: string): void;
  /** Runs what may find something that has no conversion, and marks it. */
  attempt<T>(at: Place, convert: () => T, then?: string): T | undefined;
}

export function createPass(nodes: readonly Node[], options: Options): Pass {
  const out = createWriter();
  const marks: Mark[] = [];

  function mark({ line, source, own }: Place, { instead, isDropped }: Unconverted, then = ''): void {
    marks.push({ line, source, instead, isDropped });
    const said = `TODO ${options.file}:${line} had ${source}; write ${instead}`;
    // A file that lacks a part must not go live as if it were whole.
    const stop = isDropped ? '' : " throw new Error('not converted: see the comment on this line');";
    out.code(`${comment(said)}${stop}${then}`, own);
  }

  return {
    ...options,
    out,
    marks,
    needs: noNeeds(),
    changed: new Set(setAgain(nodes)),
    mark,
    attempt(at, convert, then) {
      try {
        return convert();
      } catch (thrown) {
        if (!(thrown instanceof Unconverted)) throw thrown;
        mark(at, thrown, then);
        return undefined;
      }
    },
  };
}

export function comment(text: string): string {
  return `/* ${text.replaceAll('*/', '* /').replaceAll('%>', '% >')} */`;
}

function setAgain(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (node.type === 'pipeline') return node.pipeline.declares ? [] : node.pipeline.names;
    return 'branches' in node ? node.branches.flatMap(({ body }) => setAgain(body)) : [];
  });
}
