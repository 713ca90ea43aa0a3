import type { Report } from '../pipeline/event.ts';
import type { ProofAddress } from '../pipeline/frame.ts';
import type { Clock, Rendered, Templates } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { compile, type Page } from './compile.ts';
import { templateData } from './data.ts';
import type { TemplateData } from './it.ts';
import { readSources, type TemplateSpec } from './sources.ts';

type Pages = ReadonlyMap<string, Page>;

export interface ReloadableTemplates extends Templates {
  /** Reads the templates anew. A broken edit is reported; the last good ones stay in use. */
  reload(): void;
}

export interface TemplatesContext {
  /** Where an upstream without a server points; it may move. */
  readonly proof: Pick<ProofAddress, 'unavailable'>;
  readonly report: Report;
  readonly clock: Clock;
}

interface Aside {
  readonly problem: Problem;
  readonly failures: number;
  readonly until: number;
}

/** What nginx refused may be no fault of the templates: the wait for the next try doubles between these, in ms. */
const firstRetry = 4_000;
const lastRetry = 60_000;

/** Throws ProblemError where the templates are broken from the start. */
export function createTemplates(
  spec: TemplateSpec,
  { proof, report, clock }: TemplatesContext,
): ReloadableTemplates {
  let newest: Pages = compile(readSources(spec));
  /** The last that nginx took. */
  let good: Pages | undefined;
  let last = newest;
  let aside: Aside | undefined;
  /** Why the files as they are now could not even be compiled. */
  let broken: Problem | undefined;

  function attempt(pages: Pages, data: TemplateData): Rendered {
    last = pages;
    try {
      return { kind: 'files', files: [...pages].map(([path, page]) => ({ path, contents: page(data) })) };
    } catch (error) {
      return { kind: 'problem', problem: problemOf(error) };
    }
  }

  function putAside(problem: Problem): void {
    const failures = (aside?.failures ?? 0) + 1;
    const until = clock.now() + Math.min(lastRetry, firstRetry * 2 ** (failures - 1));
    aside = { problem, failures, until };
  }

  return {
    reload() {
      try {
        newest = compile(readSources(spec));
        aside = undefined;
        broken = undefined;
      } catch (error) {
        broken = problemOf(error);
        report({ type: 'problem', problem: broken });
      }
    },

    render(view) {
      const data = templateData(view, proof.unavailable);
      const others = good === newest ? undefined : good;
      if (others !== undefined && aside !== undefined && clock.now() < aside.until)
        return attempt(others, data);
      const rendered = attempt(newest, data);
      if (rendered.kind === 'files' || others === undefined) return rendered;
      if (aside === undefined) report({ type: 'problem', problem: rendered.problem });
      putAside(rendered.problem);
      return attempt(others, data);
    },

    judge(refusal) {
      if (last !== newest) return false;
      if (refusal === undefined) {
        good = newest;
        aside = undefined;
        return false;
      }
      if (good === undefined || good === newest) return false;
      putAside(refusal);
      return true;
    },

    aside: () => (broken === undefined ? aside : { problem: broken }),
  };
}
