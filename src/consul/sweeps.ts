import { Doze } from '../pipeline/doze.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Tuning } from './options.ts';
import { Pace } from './pace.ts';
import type { Post } from './post.ts';

/** So many reads of a sweep are under way at a time. */
const atOnce = 32;

/**
 * Reads again all that is followed in one datacenter, as seldom as may be. Sweeps that stand alone go at once; many
 * are the further apart the more there is to read. Times are in ms.
 */
export class Sweeps {
  readonly #posts: () => readonly Post[];
  readonly #clock: Clock;
  readonly #tuning: Tuning;
  readonly #doze: Doze;
  /** What was read before this is to be read as soon as may be. */
  #soon: number | undefined;
  /** When all is to be read. */
  #later: number | undefined;
  #isBlind = false;

  constructor(posts: () => readonly Post[], clock: Clock, tuning: Tuning) {
    this.#posts = posts;
    this.#clock = clock;
    this.#tuning = tuning;
    this.#doze = new Doze(clock);
  }

  /** Whatever was read before `since` may have changed. */
  soon(since: number): void {
    this.#soon = since;
    this.#doze.wake();
  }

  /** Something may have been missed: all is read in a while. */
  later(): void {
    this.#later ??= this.#laterFrom(this.#clock.now());
    this.#doze.wake();
  }

  /** Nothing tells of changes for now: all is read again and again. */
  blind(isBlind: boolean): void {
    this.#isBlind = isBlind;
    this.#doze.wake();
  }

  /** Until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const pace = new Pace(1, this.#tuning.sweepWindow);
    let began = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const wait = this.#due(began) - this.#clock.now();
      if (wait > 0) {
        await this.#doze.sleep(Math.min(wait, this.#tuning.sweepWindow), signal);
        continue;
      }
      const cost = Math.min(this.#posts().length * this.#tuning.sweepRead, this.#tuning.sweepWindow);
      const turn = pace.turn(this.#clock.now(), cost);
      if (turn > 0) await this.#clock.sleep(turn, signal);
      if (signal.aborted) return;
      began = this.#clock.now();
      await this.#readAll(this.#take(began));
    }
  }

  /** What is read meanwhile for a better reason is left out. */
  async #readAll(isOutdated: (post: Post) => boolean): Promise<void> {
    const posts = this.#posts().values();
    const read = async () => {
      for (const post of posts) if (isOutdated(post)) await post.call(false);
    };
    await Promise.all(Array.from({ length: atOnce }, read));
  }

  #due(last: number): number {
    if (this.#soon !== undefined) return 0;
    const blind = this.#isBlind ? last + this.#tuning.poll : Number.POSITIVE_INFINITY;
    return Math.min(blind, this.#later ?? Number.POSITIVE_INFINITY);
  }

  #laterFrom(now: number): number {
    return now + this.#posts().length * this.#tuning.sweepLater;
  }

  /** What is to be read now. */
  #take(now: number): (post: Post) => boolean {
    const [soon, later] = [this.#soon, this.#later];
    const isWhole = later !== undefined && later <= now;
    this.#soon = undefined;
    // Nothing hides behind what is found now: only a server that lags could still make a difference.
    this.#later = isWhole || later === undefined ? undefined : this.#laterFrom(now);
    if (isWhole) return ({ readAt }) => readAt < now;
    if (soon !== undefined) return ({ readAt }) => readAt < soon;
    // Where Consul is away, what fails is not asked for twice.
    return ({ readAt, isFailing }) => readAt < now && !isFailing;
  }
}
