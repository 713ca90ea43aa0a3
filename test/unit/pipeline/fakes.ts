import type { Event } from '../../../src/pipeline/event.ts';
import type { Proof, Running, Verdict } from '../../../src/pipeline/outcome.ts';
import type { Pipeline } from '../../../src/pipeline/pipeline.ts';
import type { Plan } from '../../../src/pipeline/plan.ts';
import type { Feed, Gateway, Releases, Rendered } from '../../../src/pipeline/ports.ts';
import type { Release } from '../../../src/pipeline/release.ts';
import type { Snapshot } from '../../../src/pipeline/snapshot.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { admission, upstreamPlan } from './given.ts';

/**
 * A pipeline whose ports are stepped by the test: what nginx would say of each candidate and each reload
 * is laid out beforehand, and what was done is noted in order.
 */
export interface Stage {
  readonly pipeline: Pipeline;
  readonly clock: ManualClock;
  readonly events: Event[];
  /** `stage`, `test`, `discard`, `publish`, `apply <digest>`, `rollBack <digest>`, `proven <digest>`. */
  readonly done: string[];
  answers: Snapshot;
  running: Running;
  verdict: Verdict;
  /** What nginx shows after each reload, in turn; the last one stays. */
  proofs: Proof[];
  live: Release | undefined;
  proven: Release | undefined;
  renders(view: View): Rendered;
}

export const proven: Proof = { kind: 'proven', by: 'processes', workers: 2, draining: 0 };
export const unproven: Proof = { kind: 'unproven', problem: { what: 'nginx does not run it' } };

export function release(digest: string, view: View = { upstreams: [], routes: [], leftOut: [] }): Release {
  return { folder: `/releases/${digest}`, digest, structure: digest, view, indexes: {}, time: 0 };
}

/** The digest of a view's files is made of its servers: `a:10.0.0.1` and so on. */
function digestOf(view: View): string {
  return view.upstreams.map(({ name, servers }) => `${name}:${servers.map(({ host }) => host)}`).join(' ');
}

export function stage(plan: Partial<Plan> = {}): Stage {
  const clock = manualClock(1_000_000);
  const events: Event[] = [];
  const done: string[] = [];

  const feed: Feed = { want: () => undefined, snapshot: () => self.answers };
  const releases: Releases = {
    live: async () => self.live,
    proven: async () => self.proven,
    digest: (files) => files[0]?.contents ?? '',
    structure: (files) => files[0]?.contents ?? '',
    async stage(files, view) {
      done.push('stage');
      return release(files[0]?.contents ?? '', view);
    },
    seal: async () => {},
    obstacles: async () => [],
    adopt: async () => true,
    async discard() {
      done.push('discard');
    },
    async publish(candidate) {
      done.push('publish');
      self.live = { ...candidate, time: clock.now() };
      return self.live;
    },
    async rollBack(to) {
      done.push(`rollBack ${to?.digest}`);
      self.live = to;
    },
    async markProven(marked) {
      if (self.proven === marked) return;
      done.push(`proven ${marked.digest}`);
      self.proven = marked;
    },
    async mend() {},
    damage: async () => undefined,
    tidy: async () => {},
    async remember(view) {
      if (self.live !== undefined) self.live = { ...self.live, view };
    },
    diff: async () => [],
  };
  const gateway: Gateway = {
    running: async () => self.running,
    settle: async () => undefined,
    async test() {
      done.push('test');
      return self.verdict;
    },
    async apply({ digest }) {
      done.push(`apply ${digest}`);
      const proof = (self.proofs.length > 1 ? self.proofs.shift() : self.proofs[0]) ?? proven;
      if (proof.kind === 'proven') self.running = { kind: 'running', digest, draining: 0 };
      return proof;
    },
  };
  const self: Stage = {
    pipeline: {
      plan: {
        upstreams: [upstreamPlan()],
        admission: admission(),
        guard: { maxDrop: 0.5, atLeast: 4, grace: 30_000 },
        wait: { min: 100, max: 1000 },
        startTimeout: 30_000,
        maxDraining: 10,
        ...plan,
      },
      feed,
      templates: { render: (view) => self.renders(view), judge: () => false, aside: () => undefined },
      releases,
      gateway,
      clock,
      report: (event) => events.push(event),
    },
    clock,
    events,
    done,
    answers: new Map(),
    running: { kind: 'running', digest: undefined, draining: 0 },
    verdict: { kind: 'accepted', warnings: [] },
    proofs: [proven],
    live: undefined,
    proven: undefined,
    renders: (view) => ({
      kind: 'files',
      files: [{ path: 'http/upstreams.conf', contents: digestOf(view) }],
      used: [],
      leftOut: [],
    }),
  };
  return self;
}
