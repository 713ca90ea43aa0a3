import type { Report } from '../pipeline/event.ts';
import type { Rendered, Templates } from '../pipeline/ports.ts';
import { problemOf } from '../pipeline/problem.ts';
import type { View } from '../pipeline/view.ts';
import { compile, type Page } from './compile.ts';
import { type TemplateData, templateData } from './data.ts';
import { readSources, type TemplateSpec } from './sources.ts';

type Pages = ReadonlyMap<string, Page>;

export interface ReloadableTemplates extends Templates {
  /** Reads the templates anew. A broken edit is reported; the last good ones stay in use. */
  reload(): void;
}

/** Throws ProblemError where the templates are broken from the start. */
export function createTemplates(
  spec: TemplateSpec,
  unavailable: string,
  report: Report,
): ReloadableTemplates {
  let newest: Pages = compile(readSources(spec));
  let good: Pages | undefined;
  let broken = false;

  function attempt(pages: Pages, data: TemplateData): Rendered {
    try {
      return { kind: 'files', files: [...pages].map(([path, page]) => ({ path, contents: page(data) })) };
    } catch (error) {
      return { kind: 'problem', problem: problemOf(error) };
    }
  }

  return {
    reload() {
      try {
        newest = compile(readSources(spec));
        if (broken)
          report({ type: 'process', state: 'reconfigured', detail: 'the templates are good again' });
        broken = false;
      } catch (error) {
        broken = true;
        report({ type: 'problem', problem: problemOf(error) });
      }
    },

    render(view: View) {
      const data = templateData(view, unavailable);
      const rendered = attempt(newest, data);
      if (rendered.kind === 'files') {
        good = newest;
        return rendered;
      }
      if (good === undefined || good === newest) return rendered;
      report({ type: 'problem', problem: rendered.problem });
      broken = true;
      newest = good;
      return attempt(good, data);
    },
  };
}
