import { quiescence } from '../../../src/pipeline/quiescence.ts';
import { describeCheck } from '../../../src/registrar/check.ts';
import type { Container } from '../../../src/registrar/container.ts';
import type { RegistrarEvent } from '../../../src/registrar/event.ts';
import { followEngine } from '../../../src/registrar/follow-engine.ts';
import { loop, type Registrar } from '../../../src/registrar/loop.ts';
import type { RegistrarPlan } from '../../../src/registrar/plan.ts';
import type { EngineEvent, Registry } from '../../../src/registrar/ports.ts';
import type { Registered } from '../../../src/registrar/service.ts';
import { Signals } from '../../../src/registrar/stopping.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { plan } from './given.ts';

/** A registrar at work between a Docker and an agent that the test steps. */
export interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly events: readonly RegistrarEvent[];
  /** `register <id>`, `report <id> passing`, `maintain <id> <reason>` and so on, in order. */
  readonly writes: readonly string[];
  /** How often each was read. */
  readonly reads: { inventory: number; services: number; streams: number };
  containers: readonly Container[];
  held: Registered[];
  /** What is thrown in the place of an answer. */
  readonly faults: { inventory?: Error; services?: Error; write?: Error; stream?: Error };
  /** What the agent says to a write of this service. */
  readonly refusals: Map<string, string>;
  /** Docker tells of an event. */
  tell(event: EngineEvent): Promise<void>;
  /** The stream of events breaks off. */
  cut(why: Error): Promise<void>;
  count(type: RegistrarEvent['type']): number;
}

/** Starts it, and lets the first pass end. */
export async function stage(options: Partial<RegistrarPlan> = {}): Promise<Stage> {
  const clock = manualClock(1_000_000);
  const stop = new AbortController();
  const events: RegistrarEvent[] = [];
  const writes: string[] = [];
  const told: { event?: EngineEvent; error?: Error }[] = [];
  let wake: () => void = () => undefined;

  const write = async (text: string, id: string) => {
    if (self.faults.write !== undefined) throw self.faults.write;
    const what = self.refusals.get(id);
    if (what !== undefined) return { what };
    writes.push(text);
    return undefined;
  };
  const registry: Registry = {
    address: async () => '10.0.0.9',
    async services() {
      self.reads.services += 1;
      if (self.faults.services !== undefined) throw self.faults.services;
      return self.held;
    },
    async register(service, _) {
      const refusal = await write(`register ${service.id}`, service.id);
      if (refusal !== undefined) return refusal;
      const { check, ...rest } = service;
      const status = check?.kind === 'kept' ? check.report.status : 'critical';
      const made = check && { notes: describeCheck(check), status };
      self.held = [
        ...self.held.filter(({ id }) => id !== service.id),
        { ...rest, check: made, maintenance: undefined },
      ];
      return undefined;
    },
    async deregister(id) {
      self.held = self.held.filter((one) => one.id !== id);
      return write(`deregister ${id}`, id);
    },
    async maintain(id, reason) {
      self.held = self.held.map((one) => (one.id === id ? { ...one, maintenance: reason } : one));
      return write(reason === undefined ? `endMaintenance ${id}` : `maintain ${id} ${reason}`, id);
    },
    report: async (id, { status }) => write(`report ${id} ${status}`, id),
    dropCheck: async (id) => write(`dropCheck ${id}`, id),
  };

  const registrar: Registrar = {
    plan: plan(options),
    clock,
    signals: new Signals(),
    // The longest that full jitter allows.
    random: () => 1,
    report: (event) => events.push(event),
    registry,
    engine: {
      async inventory() {
        self.reads.inventory += 1;
        if (self.faults.inventory !== undefined) throw self.faults.inventory;
        return { host: { id: 'engine-1', name: 'node1' }, containers: self.containers };
      },
      async *events(signal) {
        self.reads.streams += 1;
        if (self.faults.stream !== undefined) throw self.faults.stream;
        yield { kind: 'connected' };
        while (!signal.aborted) {
          const next = told.shift();
          if (next?.error !== undefined) throw next.error;
          if (next?.event !== undefined) yield next.event;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
    },
  };
  const self: Stage = {
    clock,
    events,
    writes,
    reads: { inventory: 0, services: 0, streams: 0 },
    containers: [],
    held: [],
    faults: {},
    refusals: new Map(),
    async tell(event) {
      told.push({ event });
      wake();
      await clock.advance(0);
    },
    async cut(error) {
      told.push({ error });
      wake();
      await clock.advance(0);
    },
    count: (type) => events.filter((event) => event.type === type).length,
    async [Symbol.asyncDispose]() {
      stop.abort();
      wake();
      await running;
    },
  };
  const bell = quiescence({ min: 100, max: 1_000 }, clock);
  const running = Promise.all([
    loop(registrar, bell, stop.signal),
    followEngine(registrar, bell, stop.signal),
  ]);
  await clock.advance(0);
  return self;
}
