import type { LuaBalancer } from '../pipeline/balancer.ts';
import type { Report } from '../pipeline/event.ts';
import type { ProofAddress } from '../pipeline/frame.ts';
import { peersFile } from '../pipeline/peers.ts';
import type { Clock, Rendered, Templates } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { within } from '../pipeline/protocol.ts';
import type { View } from '../pipeline/view.ts';
import { compile, type Page } from './compile.ts';
import { checkPlace, contextOfFile, isNeeded } from './contexts.ts';
import { templateData } from './data.ts';
import { luaFile } from './lua.ts';
import { readSources, type TemplateSpec } from './sources.ts';

type Pages = ReadonlyMap<string, Page>;

export interface ReloadableTemplates extends Templates {
  /** Reads the templates anew. A broken edit is reported; the last good ones stay in use. */
  reload(): void;
}

export interface TemplatesContext {
  /** Where an upstream without a server points; it may move. */
  readonly proof: Pick<ProofAddress, 'unavailable'>;
  /** Where nginx balances in Lua. */
  readonly balancer?: LuaBalancer | undefined;
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
  { proof, balancer, report, clock }: TemplatesContext,
): ReloadableTemplates {
  let newest: Pages = compile(readSources(spec));
  /** The last that nginx took. */
  let good: Pages | undefined;
  let last = newest;
  let aside: Aside | undefined;
  /** Why the files as they are now could not even be compiled. */
  let broken: Problem | undefined;

  function attempt(pages: Pages, view: View): Rendered {
    last = pages;
    const { unavailable } = proof;
    // The balancer is one for http.
    const data = {
      http: templateData(view, 'http', unavailable, balancer),
      stream: templateData(view, 'stream', unavailable),
    };
    try {
      checkPlace([...pages.keys()], view, spec);
      const files = [...pages]
        .map(([path, page]) => ({ path, contents: page(data[contextOfFile(path)]) }))
        .filter(isNeeded);
      if (balancer === undefined) return { kind: 'files', files };
      const http = within('http', view);
      return { kind: 'files', files: [...files, luaFile(http, balancer), peersFile(http, unavailable)] };
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
      const others = good === newest ? undefined : good;
      if (others !== undefined && aside !== undefined && clock.now() < aside.until)
        return attempt(others, view);
      const rendered = attempt(newest, view);
      if (rendered.kind === 'files' || others === undefined) return rendered;
      if (aside === undefined) report({ type: 'problem', problem: rendered.problem });
      putAside(rendered.problem);
      return attempt(others, view);
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
