import { isDeepStrictEqual } from 'node:util';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import type { Report } from '../pipeline/event.ts';
import type { ProofAddress } from '../pipeline/frame.ts';
import { peersFile } from '../pipeline/peers.ts';
import type { Clock, Rendered, Templates } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { within } from '../pipeline/protocol.ts';
import type { Query } from '../pipeline/query.ts';
import type { File } from '../pipeline/release.ts';
import type { Snapshot } from '../pipeline/snapshot.ts';
import type { View } from '../pipeline/view.ts';
import { Asking, type Registry } from './asking.ts';
import { compile, type Page } from './compile.ts';
import { contextOfFile, isNeeded, placeProblem } from './contexts.ts';
import { templateData } from './data.ts';
import { luaFile } from './lua.ts';
import type { Quoting } from './quote.ts';
import { registryData } from './registry-data.ts';
import { restAfter } from './retry.ts';
import { attributesOf, readSources, type TemplateSpec } from './sources.ts';

type Pages = ReadonlyMap<string, Page>;

const nothing: Snapshot = new Map();

export interface ReloadableTemplates extends Templates {
  /** Without a snapshot nothing was answered yet. */
  render(view: View, snapshot?: Snapshot): Rendered;
  /** Reads the templates anew. A broken edit is reported; the last good ones stay in use. */
  reload(): void;
}

export interface TemplatesContext {
  /** Where an upstream without a server points; it may move. */
  readonly proof: Pick<ProofAddress, 'unavailable'>;
  /** Where nginx balances in Lua. */
  readonly balancer?: LuaBalancer | undefined;
  readonly registry: Registry;
  /** What the server for the routes listens on. */
  readonly gateway?: string | undefined;
  /** Of another program, whose templates see upstreams of http and stream alike: how `<%= … %>` writes values. */
  readonly foreign?: { readonly quoting: Quoting };
  readonly report: Report;
  readonly clock: Clock;
}

interface Aside {
  readonly problem: Problem;
  readonly failures: number;
  readonly until: number;
}

/** Throws ProblemError where the templates are broken from the start. */
export function createTemplates(
  spec: TemplateSpec,
  { proof, balancer, registry, gateway: listen, foreign, report, clock }: TemplatesContext,
): ReloadableTemplates {
  const gateway = listen === undefined ? undefined : Object.freeze({ listen });
  const attributes = attributesOf(spec);
  let sources = readSources(spec);
  let newest: Pages = compile(sources, foreign?.quoting);
  /** The last that nginx took. */
  let good: Pages | undefined;
  let last = newest;
  let aside: Aside | undefined;
  /** Why the files as they are now could not even be compiled. */
  let broken: Problem | undefined;
  /** What the newest asked for when they were last rendered, and what they wait for while others are in use. */
  let asked: readonly Query[] = [];
  let lacking: readonly string[] = [];

  function attempt(pages: Pages, view: View, snapshot: Snapshot): Rendered {
    last = pages;
    const { unavailable } = proof;
    const asking = new Asking(snapshot);
    // The balancer is one for http.
    const more = { ...registryData(asking, registry), gateway };
    const data = {
      http: { ...templateData(view, 'http', unavailable, balancer), ...more },
      stream: { ...templateData(view, 'stream', unavailable), ...more },
      all: { ...templateData(view, 'all', unavailable), ...more },
    };
    const dataFor = (path: string) => data[foreign === undefined ? contextOfFile(path) : 'all'];
    let problem: Problem | undefined;
    const made = [...pages].flatMap(([path, page]): File[] => {
      try {
        return [{ path, contents: page(dataFor(path), asking.texts), ...attributes.get(path) }];
      } catch (error) {
        problem ??= problemOf(error);
        return [];
      }
    });
    const { used, missing, leftOut } = asking;
    // What is made of nothing may well fail.
    if (missing.length > 0) return { kind: 'waiting', missing, used };
    if (foreign === undefined) problem ??= placeProblem([...pages.keys()], view, spec);
    if (problem !== undefined) return { kind: 'problem', problem, used };
    if (foreign !== undefined) return { kind: 'files', files: made, used, leftOut };
    const files = made.filter(isNeeded);
    if (balancer === undefined) return { kind: 'files', files, used, leftOut };
    const ofHttp = within('http', view);
    const ofLua = [luaFile(ofHttp, balancer), peersFile(ofHttp, unavailable)];
    return { kind: 'files', files: [...files, ...ofLua], used, leftOut };
  }

  /** The others go on, and what the newest ask for is followed all the same. */
  function meanwhile(others: Pages, view: View, snapshot: Snapshot): Rendered {
    const rendered = attempt(others, view, snapshot);
    return { ...rendered, used: [...rendered.used, ...asked] };
  }

  function putAside(problem: Problem): void {
    const failures = (aside?.failures ?? 0) + 1;
    const until = clock.now() + restAfter(failures);
    aside = { problem, failures, until };
  }

  return {
    reload() {
      try {
        const fresh = readSources(spec);
        // What is as it was is what nginx took.
        if (!isDeepStrictEqual(fresh, sources)) newest = compile(fresh, foreign?.quoting);
        sources = fresh;
        aside = undefined;
        broken = undefined;
      } catch (error) {
        broken = problemOf(error);
        report({ type: 'problem', problem: broken });
      }
    },

    render(view, snapshot = nothing) {
      const others = good === newest ? undefined : good;
      if (others !== undefined && aside !== undefined && clock.now() < aside.until)
        return meanwhile(others, view, snapshot);
      const rendered = attempt(newest, view, snapshot);
      asked = rendered.used;
      lacking = rendered.kind === 'waiting' ? rendered.missing : [];
      if (rendered.kind === 'files' || others === undefined) return rendered;
      if (rendered.kind === 'problem') {
        if (aside === undefined) report({ type: 'problem', problem: rendered.problem });
        putAside(rendered.problem);
      }
      return meanwhile(others, view, snapshot);
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

    aside() {
      if (broken !== undefined) return { problem: broken };
      // Without others nothing goes on, and that is told as it is.
      if (last === newest || lacking.length === 0) return aside;
      return { problem: { what: `waiting for ${lacking.slice(0, 3).join(', ')}` } };
    },
  };
}
