import { expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';
import { lateTemplates } from '../../../src/template/late.ts';
import type { ReloadableTemplates } from '../../../src/template/templates.ts';
import { view } from '../pipeline/given.ts';

test('templates that are broken from the start are a problem to render, until they are mended', () => {
  const events: Event[] = [];
  let broken = true;
  let reloads = 0;
  const good: ReloadableTemplates = {
    reload: () => {
      reloads += 1;
    },
    render: () => ({ kind: 'files', files: [], used: [], leftOut: [] }),
    judge: () => true,
    aside: () => ({ problem: { what: 'x' } }),
  };
  const templates = lateTemplates(
    () => {
      if (broken) throw new ProblemError({ what: 'torn', where: '/t.eta:3' });
      return good;
    },
    (event) => events.push(event),
  );
  const problem = { what: 'torn', where: '/t.eta:3' };
  expect(templates.render(view())).toEqual({ kind: 'problem', problem, used: [] });
  expect(templates.judge(undefined)).toBe(false);
  expect(templates.aside()).toBeUndefined();
  templates.reload();
  expect(events).toEqual([
    { type: 'problem', problem },
    { type: 'problem', problem },
  ]);
  broken = false;
  templates.reload();
  expect(templates.render(view())).toEqual({ kind: 'files', files: [], used: [], leftOut: [] });
  templates.reload();
  expect(reloads).toBe(1);
  expect(templates.judge(undefined)).toBe(true);
});
