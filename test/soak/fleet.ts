import { type Backend, startBackend } from '../support/backend.ts';

/** The backends, by number: each answers with its name, `b3`, on a port of its own. */
export class Fleet implements AsyncDisposable {
  readonly #backends: Map<number, { readonly port: number; running: Backend | undefined }>;

  private constructor(ports: readonly number[]) {
    this.#backends = new Map(ports.map((port, number) => [number, { port, running: undefined }]));
  }

  static async start(ports: readonly number[]): Promise<Fleet> {
    const fleet = new Fleet(ports);
    for (const number of fleet.#backends.keys()) await fleet.revive(number);
    return fleet;
  }

  portOf(number: number): number {
    return this.#at(number).port;
  }

  addressOf(number: number): string {
    return `127.0.0.1:${this.portOf(number)}`;
  }

  /** The name of whoever has this address. */
  nameOf(address: string): string {
    const found = [...this.#backends].find(([number]) => this.addressOf(number) === address);
    return found === undefined ? address : nameOf(found[0]);
  }

  /** It listens no longer, and leaves unanswered what it has heard. */
  async crash(number: number): Promise<void> {
    const backend = this.#at(number);
    await backend.running?.[Symbol.asyncDispose]();
    backend.running = undefined;
  }

  async revive(number: number): Promise<void> {
    const backend = this.#at(number);
    // A little work, so that requests are under way whenever something happens.
    const work = () => 1 + 10 * Math.random();
    backend.running ??= await startBackend(nameOf(number), '127.0.0.1', { port: backend.port, work });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const number of this.#backends.keys()) await this.crash(number);
  }

  #at(number: number) {
    const found = this.#backends.get(number);
    if (found === undefined) throw new Error(`there is no backend ${number}`);
    return found;
  }
}

export function nameOf(number: number): string {
  return `b${number}`;
}
