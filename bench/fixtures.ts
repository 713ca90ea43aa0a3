import { type Consul, startConsul } from '../test/bed/consul.ts';
import { type Farm, startFarm } from './bed/farm.ts';
import { Registry } from './bed/registry.ts';
import { startWide, type Wide } from './bed/wide.ts';

/** What scenarios share: each is started when it is first asked for, and all end together. */
export class Fixtures implements AsyncDisposable {
  readonly #started = new AsyncDisposableStack();
  readonly #say: (line: string) => void;
  #consul: Promise<{ consul: Consul; registry: Registry }> | undefined;
  #farm: Promise<Farm> | undefined;
  #wide: Promise<Wide> | undefined;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  consul(): Promise<{ consul: Consul; registry: Registry }> {
    this.#consul ??= startConsul().then((consul) => {
      this.#started.use(consul);
      return { consul, registry: this.#started.use(new Registry(consul.url)) };
    });
    return this.#consul;
  }

  farm(): Promise<Farm> {
    this.#farm ??= startFarm(64).then((farm) => this.#started.use(farm));
    return this.#farm;
  }

  wide(): Promise<Wide> {
    this.#wide ??= startWide(2_000, 5).then((wide) => {
      this.#say(`2,000 services of 5 instances were registered in ${(wide.filledIn / 1000).toFixed(1)} s`);
      return this.#started.use(wide);
    });
    return this.#wide;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }
}
