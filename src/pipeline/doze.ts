import type { Clock } from './ports.ts';

/** A sleep that can be ended early. */
export class Doze {
  readonly #clock: Clock;
  #end: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For `ms` at most. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const ended = new AbortController();
    // With a reason of its own, or each would make an error for nobody.
    this.#end = () => ended.abort('woken');
    signal.addEventListener('abort', this.#end);
    await this.#clock.sleep(ms, ended.signal);
    signal.removeEventListener('abort', this.#end);
    this.#end = () => undefined;
  }

  wake(): void {
    this.#end();
  }
}
