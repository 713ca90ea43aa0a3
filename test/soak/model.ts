import type { Instance, Operation } from './operation.ts';
import { type Service, services } from './services.ts';

/** What Consul was told: the generator chooses by it what can be done next. */
export interface Model {
  /** By the number of the backend. */
  readonly instances: ReadonlyMap<number, Instance>;
  readonly nodeMaintenance: boolean;
}

export const nothing: Model = { instances: new Map(), nodeMaintenance: false };

/** The model after an operation; what is done to nginx, upsync or a backend alone changes nothing of it. */
export function after(model: Model, operation: Operation): Model {
  switch (operation.kind) {
    case 'join': {
      const { backend, service, health, weights } = operation;
      return withInstance(model, backend, { service, health, weights, maintenance: false });
    }
    case 'leave':
      return withInstance(model, operation.backend, undefined);
    case 'health':
      return changed(model, operation.backend, { health: operation.health });
    case 'crash':
      return changed(model, operation.backend, { health: 'critical' });
    case 'weight':
      return changed(model, operation.backend, { weights: operation.weights });
    case 'maintenance':
      return changed(model, operation.backend, { maintenance: operation.on });
    case 'node maintenance':
      return { ...model, nodeMaintenance: operation.on };
    case 'empty Consul':
      return withoutMaintenance(model);
    default:
      return model;
  }
}

/** The backends that ought to answer for each service. */
export function usable({ instances, nodeMaintenance }: Model): ReadonlyMap<Service, ReadonlySet<number>> {
  const ready = [...instances].filter(([, instance]) => !nodeMaintenance && isUsable(instance));
  return new Map(
    services.map((service) => [
      service,
      new Set(ready.filter(([, instance]) => instance.service === service).map(([backend]) => backend)),
    ]),
  );
}

function isUsable({ health, weights, maintenance }: Instance): boolean {
  if (maintenance || health === 'critical') return false;
  return health === 'passing' ? weights.passing > 0 : weights.warning > 0;
}

/** Maintenance is somebody's doing by hand, which no agent repeats. */
function withoutMaintenance({ instances }: Model): Model {
  const anew = [...instances].map(
    ([backend, instance]) => [backend, { ...instance, maintenance: false }] as const,
  );
  return { instances: new Map(anew), nodeMaintenance: false };
}

function changed(model: Model, backend: number, change: Partial<Instance>): Model {
  const instance = model.instances.get(backend);
  return instance === undefined ? model : withInstance(model, backend, { ...instance, ...change });
}

function withInstance(model: Model, backend: number, instance: Instance | undefined): Model {
  const instances = new Map(model.instances);
  if (instance === undefined) instances.delete(backend);
  else instances.set(backend, instance);
  return { ...model, instances };
}
