import { dirname, resolve } from 'node:path';
import { Script } from 'node:vm';
import { Eta } from 'eta/core';
import { type Problem, ProblemError } from '../pipeline/problem.ts';
import { calledBy, messageOf } from './called.ts';
import type { TemplateData } from './it.ts';
import { marked, unmark, type Written } from './marks.ts';
import { lineOfText, type Quoting, quoteForNginx, textOf } from './quote.ts';
import { isRaw, rawText, withRawMarked } from './raw.ts';
import type { Sources } from './sources.ts';

/** `texts`: what somebody wrote that may be any text, and where it is from; it may grow while the page is rendered. */
export type Page = (data: TemplateData, texts: ReadonlyMap<string, string>) => string;

const none: ReadonlyMap<string, string> = new Map();

/**
 * Compiles every template, so that an error in one shows before anything is rendered. Throws
 * ProblemError with file and line. Each page throws ProblemError too where it fails to render.
 */
export function compile({ texts, pages }: Sources, quoting: Quoting = 'nginx'): Map<string, Page> {
  const paths = new Map([...texts].map(([path, text]) => [text.replace(/\r\n?/g, '\n'), path]));
  let written: Written[] = [];
  let foreign = none;
  const eta = new Eta({
    autoFilter: true,
    filterFunction: (value: unknown) =>
      isRaw(value) ? rawText(value, quoting === 'nginx' ? foreign : none) : textOf(value),
    /** Eta calls it as a method of what the template that is being rendered knows of itself. */
    escapeFunction(this: Frame, value: unknown) {
      const called = calledBy(foreign);
      if (quoting === 'none') return lineOfText(value, called);
      if (typeof value !== 'string') return quoteForNginx(value);
      const number = written.push({ value, where: `${paths.get(this.templateStr) ?? ''}:${this.line}` }) - 1;
      return quoteForNginx(value, called, (text) => marked(text, number));
    },
    cache: true,
    debug: true,
    autoTrim: false,
    plugins: [{ processAST: (tree: Ast) => withRawMarked(withoutLinesOfCode(tree)) }],
  });
  eta.resolvePath = (name, options) => {
    const path = resolve(dirname(options?.filepath ?? '/'), name);
    return [path, `${path}.eta`, `${path}.conf.eta`].find((one) => texts.has(one)) ?? path;
  };
  eta.readFile = (path) => {
    const text = texts.get(path);
    if (text === undefined) throw new Error(`there is no template ${path}, with .eta behind it or without`);
    return text;
  };
  for (const [path, text] of texts) checkSyntax(eta, path, text);
  const page = (source: string): Page => {
    return (data, texts) => {
      written = [];
      foreign = texts;
      const text = render(eta, source, data);
      return quoting === 'nginx' ? unmark(text, written, data.upstreams, texts) : text;
    };
  };
  return new Map(pages.map(({ source, destination }) => [destination, page(source)]));
}

type Ast = ReturnType<Eta['parse']>;

/**
 * The end of a line goes where `<% … %>` stands before it, which writes nothing, and stays where `<%= … %>` or
 * `<%~ … %>` does: a comment that ends in a value must not swallow the next line. In the tree a line end
 * is written as in a JavaScript text.
 */
function withoutLinesOfCode(tree: Ast): Ast {
  return tree.map((part, index) => {
    const before = tree[index - 1];
    const isCode = typeof before === 'object' && before.t === 'e';
    return typeof part === 'string' && isCode ? part.replace(/^\\n/, '') : part;
  });
}

interface Frame {
  readonly templateStr: string;
  readonly line: number;
}

function render(eta: Eta, source: string, data: TemplateData): string {
  try {
    return eta.render(source, data);
  } catch (error) {
    throw new ProblemError(runtimeProblem(source, error), { cause: error });
  }
}

/**
 * Eta's message begins with `file:line`, and so does that of the error behind it, where a template was included or is
 * laid out by another; the last one says what happened.
 */
function runtimeProblem(source: string, error: unknown): Problem {
  return { where: placesOf(error).at(-1) ?? source, what: innermost(error) };
}

function placesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return [...(/^(\/.*:\d+)\n/.exec(error.message)?.slice(1) ?? []), ...placesOf(error.cause)];
}

function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? messageOf(error) : innermost(error.cause);
}

function checkSyntax(eta: Eta, path: string, text: string): void {
  let code = '';
  try {
    code = eta.compileToString(text, { filepath: path });
    new Script(`(function (it, options) {\n${code}\n})`, { filename: path });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [what = message] = message.split('\n');
    const line = /at line (\d+)/.exec(what)?.[1] ?? templateLine(code, error);
    throw new ProblemError({
      where: line === undefined ? path : `${path}:${line}`,
      what,
      remedy: 'mend the template',
    });
  }
}

/** The generated code notes the template's line before each piece of it. */
function templateLine(code: string, error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const generated = Number(/:(\d+)\n/.exec(stack)?.[1] ?? 0);
  const before = code
    .split('\n')
    .slice(0, generated - 1)
    .join('\n');
  return [...before.matchAll(/__eta\.line=(\d+)/g)].at(-1)?.[1];
}
