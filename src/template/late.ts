import type { Report } from '../pipeline/event.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import type { ReloadableTemplates } from './templates.ts';

/** Templates that may be broken from the start: that is what comes of rendering them, until `reload` finds them mended. */
export function lateTemplates(make: () => ReloadableTemplates, report: Report): ReloadableTemplates {
  let made: ReloadableTemplates | undefined;
  let broken: Problem = { what: 'the templates are not read yet' };
  const attempt = () => {
    try {
      made = make();
    } catch (error) {
      broken = problemOf(error);
      report({ type: 'problem', problem: broken });
    }
  };
  attempt();
  return {
    reload() {
      if (made === undefined) attempt();
      else made.reload();
    },
    render: (view, snapshot) =>
      made?.render(view, snapshot) ?? { kind: 'problem', problem: broken, used: [] },
    judge: (refusal) => made?.judge(refusal) ?? false,
    aside: () => made?.aside(),
  };
}
