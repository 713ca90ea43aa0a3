import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, endNginx } from './environment.ts';
import { nameOf } from './fleet.ts';
import { after, type Model, nothing, usable } from './model.ts';
import type { Instance, Operation } from './operation.ts';
import type { Outages } from './outages.ts';
import type { Periods } from './periods.ts';
import { services } from './services.ts';

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

/** Carries out operations one by one, and notes what they make right or explain. */
export class Driver {
  readonly #environment: Environment;
  readonly #periods: Periods;
  readonly #outages: Outages;
  readonly #signal: AbortSignal;
  #model: Model = nothing;
  #back: ((now: number) => void) | undefined;
  readonly #revived = new Map<number, (now: number) => void>();

  constructor(environment: Environment, periods: Periods, outages: Outages, signal: AbortSignal) {
    this.#environment = environment;
    this.#periods = periods;
    this.#outages = outages;
    this.#signal = signal;
  }

  async carryOut(operation: Operation): Promise<void> {
    const { nginx, fleet, upsync } = this.#environment;
    switch (operation.kind) {
      case 'pause':
        return sleep(operation.ms, undefined, { signal: this.#signal });
      case 'reload nginx':
        // One that is down reads its configuration anyway.
        if (this.#back === undefined) await nginx.reload();
        return;
      case 'end nginx':
        this.#back = this.#outages.begin('nginx', performance.now());
        return endNginx(nginx, operation.signal);
      case 'start nginx':
        await nginx.start();
        this.#back?.(performance.now());
        this.#back = undefined;
        return;
      case 'end upsync':
        return upsync.end(operation.signal);
      case 'start upsync':
        return upsync.start();
      case 'reconfigure upsync':
        upsync.process?.signal('SIGHUP');
        return;
      case 'revive':
        await fleet.revive(operation.backend);
        this.#revived.get(operation.backend)?.(performance.now());
        return;
      case 'restart Consul':
      case 'empty Consul':
        return this.#restartConsul(operation);
      default:
        return this.#register(operation);
    }
  }

  /** What Consul is told is right from just before it is told. */
  async #register(operation: Operation): Promise<void> {
    const before = this.#model;
    this.#model = after(before, operation);
    const now = usable(this.#model);
    for (const service of services) {
      const touched = 'backend' in operation ? this.#serviceOf(operation.backend, before) : service;
      if (touched === service) this.#periods.touch(service, [...(now.get(service) ?? [])].map(nameOf));
    }
    await this.#tell(operation);
  }

  #serviceOf(backend: number, before: Model): string | undefined {
    return (before.instances.get(backend) ?? this.#model.instances.get(backend))?.service;
  }

  async #tell(operation: Operation): Promise<void> {
    const { consul, fleet } = this.#environment;
    switch (operation.kind) {
      case 'join':
      case 'weight': {
        const instance = this.#model.instances.get(operation.backend);
        if (instance !== undefined) await this.#announce(operation.backend, instance);
        return;
      }
      case 'leave':
        return consul.deregister(nameOf(operation.backend));
      case 'health':
        return consul.check(nameOf(operation.backend), operation.health);
      case 'maintenance':
        return consul.maintenance(nameOf(operation.backend), operation.on);
      case 'node maintenance':
        return consul.nodeMaintenance(operation.on);
      case 'crash': {
        const { backend } = operation;
        this.#revived.set(backend, this.#outages.begin(fleet.addressOf(backend), performance.now()));
        await fleet.crash(backend);
        return consul.check(nameOf(backend), 'critical');
      }
    }
  }

  async #announce(backend: number, { service, health, weights }: Instance): Promise<void> {
    const { consul, fleet } = this.#environment;
    const port = fleet.portOf(backend);
    await consul.register({
      id: nameOf(backend),
      name: service,
      address: '127.0.0.1',
      port,
      health,
      weights,
    });
    // Consul keeps on disk what a check was told, and not what it began with.
    await consul.check(nameOf(backend), health);
  }

  async #restartConsul({
    kind,
    signal,
    downFor,
    again,
  }: Of<'restart Consul' | 'empty Consul'>): Promise<void> {
    const { consul } = this.#environment;
    await (signal === 'SIGKILL' ? consul.kill() : consul.stop());
    await sleep(downFor, undefined, { signal: this.#signal });
    if (kind === 'restart Consul') return consul.start();
    await consul.forget();
    await consul.start();
    // A Consul that lost its state is not believed until a service has registered again: then what it tells is right.
    const registered = new Map<number, Instance>();
    this.#model = after(this.#model, { kind, signal, downFor, again });
    for (const backend of again) {
      const instance = this.#model.instances.get(backend);
      if (instance === undefined) continue;
      registered.set(backend, instance);
      const now = usable({ instances: registered, nodeMaintenance: false }).get(instance.service);
      this.#periods.touch(instance.service, [...(now ?? [])].map(nameOf));
      await this.#announce(backend, instance);
    }
  }
}
