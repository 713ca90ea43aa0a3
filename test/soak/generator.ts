import { after, type Model, nothing, usable } from './model.ts';
import type { Health, Operation, Signal, Weights } from './operation.ts';
import { type Random, seeded } from './random.ts';
import { type Service, services } from './services.ts';

/** What is done in one go; then nginx has to come to answer what Consul says. */
export interface Batch {
  /** From 1. */
  readonly number: number;
  readonly operations: readonly Operation[];
}

export const backends = 12;

/** Of so many batches the first ones end upsync now and then, and the others never: it has to be seen to grow old. */
const season = 400;
const ends = 120;

/** The same seed gives the same batches: they depend on nothing that happens. */
export function* generate(seed: number): Generator<Batch, never> {
  const random = seeded(seed);
  let model = nothing;
  const first = populate(random);
  for (let number = 1; ; number += 1) {
    const operations = number === 1 ? first : draw(random, model, number % season < ends);
    model = operations.reduce(after, model);
    yield { number, operations };
  }
}

/** The first instances: three of each service. */
function populate(random: Random): Operation[] {
  const names = services.flatMap((service) => [service, service, service]);
  return names.map((service, backend) => ({
    kind: 'join',
    backend,
    service,
    health: 'passing',
    weights: weights(random),
  }));
}

function draw(random: Random, model: Model, mayEnd: boolean): Operation[] {
  if (model.nodeMaintenance) return [{ kind: 'node maintenance', on: false }];
  if (random.percent(1)) return [{ kind: 'node maintenance', on: true }];
  const all = random.percent(8) ? exodus(random, model) : random.percent(8) ? recovery(random, model) : [];
  const operations = all.length > 0 ? all : registrations(random, model);
  if (random.percent(5)) addCrash(random, model, operations);
  if (random.percent(30)) addFault(random, model, operations, mayEnd);
  if (random.percent(3)) addFault(random, model, operations, mayEnd);
  return operations;
}

/** One alone in most cases, else some, as quickly as they go or with a little time in between. */
function registrations(random: Random, before: Model): Operation[] {
  const count = random.percent(60) ? 1 : 2 + random.below(5);
  const pauses = random.percent(50);
  const operations: Operation[] = [];
  let model = before;
  for (let done = 0; done < count; done += 1) {
    if (done > 0 && pauses) operations.push({ kind: 'pause', ms: random.below(250) });
    const operation = registration(random, model);
    model = after(model, operation);
    operations.push(operation);
  }
  return operations;
}

function registration(random: Random, { instances }: Model): Operation {
  const backend = random.below(backends);
  const instance = instances.get(backend);
  if (instance === undefined) {
    const service = anyService(random);
    const health = random.percent(85) ? 'passing' : anyHealth(random);
    return { kind: 'join', backend, service, health, weights: weights(random) };
  }
  if (instance.maintenance && random.percent(75)) return { kind: 'maintenance', backend, on: false };
  if (instance.health !== 'passing' && random.percent(75))
    return { kind: 'health', backend, health: 'passing' };
  if (random.percent(20)) return { kind: 'leave', backend };
  if (random.percent(25)) return { kind: 'weight', backend, weights: weights(random) };
  if (random.percent(20)) return { kind: 'maintenance', backend, on: !instance.maintenance };
  return { kind: 'health', backend, health: instance.health === 'passing' ? anyHealth(random) : 'passing' };
}

/** All of one service at once, in half of the cases of the one that has most: a loss that is held for a while. */
function exodus(random: Random, model: Model): Operation[] {
  const counts = [...usable(model)].sort(([, a], [, b]) => b.size - a.size);
  const service = random.percent(50) ? counts[0]?.[0] : anyService(random);
  const leave = random.percent(30);
  const gone = [...model.instances].filter(([, instance]) => instance.service === service);
  return gone.map(([backend]) =>
    leave ? { kind: 'leave', backend } : { kind: 'health', backend, health: 'critical' },
  );
}

/** All that is unhealthy is well again. */
function recovery(random: Random, { instances }: Model): Operation[] {
  return random
    .shuffled([...instances])
    .flatMap(([backend, { health, maintenance }]): Operation[] => [
      ...(maintenance ? [{ kind: 'maintenance', backend, on: false } as const] : []),
      ...(health === 'passing' ? [] : [{ kind: 'health', backend, health: 'passing' } as const]),
    ]);
}

/** It listens again before the batch ends, and stays critical until its health is changed. */
function addCrash(random: Random, model: Model, operations: Operation[]): void {
  const backend = random.pick([...model.instances.keys()]);
  if (backend === undefined || operations.some((one) => 'backend' in one && one.backend === backend)) return;
  const at = random.below(operations.length + 1);
  operations.splice(at, 0, { kind: 'crash', backend });
  operations.push({ kind: 'pause', ms: random.below(400) }, { kind: 'revive', backend });
}

/** Something besides the registrations, at any place among them. */
function addFault(random: Random, before: Model, operations: Operation[], mayEnd: boolean): void {
  const kinds = ['reload', 'nginx', 'nginx', 'Consul', 'Consul', 'empty', 'reconfigure', 'upsync'] as const;
  const kind = random.pick(kinds);
  const at = random.below(operations.length + 1);
  const insert = (place: number, ...more: Operation[]) => operations.splice(place, 0, ...more);
  switch (kind) {
    case 'reload':
      insert(at, { kind: 'reload nginx' });
      break;
    case 'reconfigure':
      insert(at, { kind: 'reconfigure upsync' });
      break;
    case 'Consul':
    case 'empty': {
      const model = operations.slice(0, at).reduce(after, before);
      const registered = random.shuffled([...model.instances.keys()]);
      // Of what left and was forgotten at once nobody can tell whether it is to come back: by design it stays.
      const isTold = !operations.some((one) => one.kind === 'leave');
      const [name, again] =
        kind === 'empty' && isTold
          ? (['empty Consul', registered] as const)
          : (['restart Consul', []] as const);
      const downFor = random.percent(70) ? random.below(300) : random.below(4_000);
      insert(at, { kind: name, signal: anySignal(random), downFor, again });
      break;
    }
    case 'nginx':
    case 'upsync': {
      if (kind === 'upsync' && !mayEnd) return;
      if (operations.some((one) => one.kind === `end ${kind}`)) return;
      const start = at + random.below(operations.length - at + 1);
      insert(start, { kind: 'pause', ms: random.below(1_500) }, { kind: `start ${kind}` });
      // It falls into what the registration before it has set off.
      insert(
        at,
        { kind: 'pause', ms: random.below(250) },
        { kind: `end ${kind}`, signal: anySignal(random) },
      );
      break;
    }
  }
}

function anyService(random: Random): Service {
  // More of one than of the others, so that it can lose four at once.
  return random.percent(40) ? 'web-down' : (random.pick(services) ?? 'web-down');
}

function anyHealth(random: Random): Health {
  return random.pick(['warning', 'critical', 'critical']);
}

function anySignal(random: Random): Signal {
  return random.pick(['SIGTERM', 'SIGKILL', 'SIGKILL']);
}

function weights(random: Random): Weights {
  return { passing: 1 + random.below(4), warning: random.below(3) };
}
