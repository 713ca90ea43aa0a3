import { ProblemError } from '../../pipeline/problem.ts';
import type { Branch, Node, Pipeline, Place } from './ast.ts';
import { parsePipeline } from './expression.ts';
import { type Laid, lay } from './layout.ts';
import { type Delimiters, lex, type Origin } from './lex.ts';
import type { Token } from './tokens.ts';

export interface Source {
  readonly text: string;
  readonly delimiters: Delimiters;
  readonly origin: Origin;
  /** Whether it is nginx's: in other configuration, line ends may mean something. */
  readonly isNginx: boolean;
}

/** Reads a Go template. Throws ProblemError with `file:line` where Go would not. */
export function parseTemplate({ text, delimiters, origin, isNginx }: Source): readonly Node[] {
  const laid = lay(lex(text, delimiters, origin), isNginx);
  let at = 0;
  /** The tag that ended the list of nodes read last: `else` or `end`. */
  let closing: Tag | undefined;

  const failAt = (line: number, what: string): never => {
    throw new ProblemError({ what, where: `${origin.file}:${line}` });
  };

  /** Reads on to the next `else` or `end` of this level. */
  function nodes(): Node[] {
    const found: Node[] = [];
    for (let piece = laid[at]; piece !== undefined; piece = laid[at]) {
      at += 1;
      const tag = tagOf(piece);
      if (tag?.word === 'else' || tag?.word === 'end') {
        closing = tag;
        return found;
      }
      if (piece.kind === 'text') {
        if (piece.text !== '') found.push({ type: 'text', text: piece.text });
      } else if (tag !== undefined) found.push(nodeOf(tag, piece.action.comment));
    }
    closing = undefined;
    return found;
  }

  function nodeOf({ word, tokens, place }: Tag, comment: string | undefined): Node {
    if (comment !== undefined) return { type: 'comment', text: comment, at: place };
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return block(word, tokens, place);
      case 'break':
      case 'continue':
        return { type: 'jump', word, at: place };
      case 'template':
      case 'define':
      case 'block': {
        const [name] = tokens;
        if (word !== 'template') bodyOf(word, place);
        return { type: 'named', word, name: name?.kind === 'text' ? name.text : '', at: place };
      }
      default:
        return { type: 'pipeline', pipeline: pipelineOf(tokens, place), at: place };
    }
  }

  function block(type: 'if' | 'with' | 'range', tokens: readonly Token[], opening: Place): Node {
    const branches: Branch[] = [];
    let [place, pipeline]: [Place, Pipeline | undefined] = [opening, pipelineOf(tokens, opening)];
    for (;;) {
      const { body, closedBy } = bodyOf(type, opening);
      branches.push({ at: place, pipeline, body });
      if (closedBy.word === 'end') return { type, branches, end: closedBy.place };
      if (pipeline === undefined) failAt(closedBy.place.line, 'an else behind else');
      place = closedBy.place;
      pipeline = elseOf(type, closedBy);
    }
  }

  /** `else if …` and `else with …` go on in the same block. */
  function elseOf(type: string, { tokens, place }: Tag): Pipeline | undefined {
    const [word, ...more] = tokens;
    if (word === undefined) return undefined;
    if (type === 'range' || word.kind !== 'word' || word.name !== type) {
      return failAt(place.line, `else of ${type} goes with nothing or with ${type}`);
    }
    return pipelineOf(more, place);
  }

  function bodyOf(word: string, opening: Place): { body: readonly Node[]; closedBy: Tag } {
    const body = nodes();
    return { body, closedBy: closing ?? failAt(opening.line, `this ${word} has no end`) };
  }

  function pipelineOf(tokens: readonly Token[], { line, source }: Place): Pipeline {
    return parsePipeline(tokens, (what) => failAt(line, `${what} in ${source}`));
  }

  const root = nodes();
  return closing === undefined ? root : failAt(closing.place.line, `unexpected ${closing.place.source}`);
}

interface Tag {
  /** Its keyword; empty where it has none. */
  readonly word: string;
  /** Behind the keyword. */
  readonly tokens: readonly Token[];
  readonly place: Place;
}

const KEYWORDS = /^(if|else|end|range|with|define|template|block|break|continue)$/;

function tagOf(piece: Laid): Tag | undefined {
  if (piece.kind === 'text') return undefined;
  const { line, source, tokens } = piece.action;
  const place = { line, source, own: piece.own };
  const [first, ...rest] = tokens;
  if (first?.kind !== 'word' || !KEYWORDS.test(first.name)) return { word: '', tokens, place };
  return { word: first.name, tokens: rest, place };
}
