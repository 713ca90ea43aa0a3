import type { Past } from './policy.ts';
import { type Service, services } from './services.ts';

/** Whose answer is right for a service, and whether none at all (503) is. */
interface Right {
  readonly may: ReadonlySet<string>;
  readonly unavailable: boolean;
}

interface Period {
  readonly from: number;
  until: number;
  readonly right: Map<Service, { readonly may: Set<string>; unavailable: boolean }>;
}

/**
 * Which answers are right when. While something is being done, all that was right before, and all that was right for a
 * moment meanwhile, may still be answered; from a quiet point on, what Consul says and nothing else. Times are by
 * `performance.now()`.
 */
export class Periods {
  #periods: Period[] = [];
  #past = new Map<Service, { served: ReadonlySet<string>; usable: Set<string>; changes: number }>();

  /** Something is going to be done. */
  begin(now: number): void {
    const last = this.#periods.at(-1)?.right;
    const right = services.map((service) => {
      const { may = new Set<string>(), unavailable = true } = last?.get(service) ?? {};
      return [service, { may: new Set(may), unavailable }] as const;
    });
    this.#start(now, new Map(right));
  }

  /** A registration of the service was touched, or is just about to be; `usable` are those that count from then on. */
  touch(service: Service, usable: Iterable<string>): void {
    const names = new Set(usable);
    const right = this.#periods.at(-1)?.right.get(service);
    const past = this.#past.get(service) ?? { served: new Set(), usable: new Set(), changes: 0 };
    this.#past.set(service, past);
    if (right === undefined) throw new Error('a registration was touched before anything began');
    if (names.size === 0) right.unavailable = true;
    for (const name of names) {
      right.may.add(name);
      past.usable.add(name);
    }
    past.changes += 1;
  }

  /** nginx came to answer what it should; these did. */
  quiet(now: number, served: ReadonlyMap<Service, ReadonlySet<string>>): void {
    const right = [...served].map(
      ([service, names]) => [service, { may: new Set(names), unavailable: names.size === 0 }] as const,
    );
    this.#start(now, new Map(right));
    for (const [service, names] of served) {
      this.#past.set(service, { served: names, usable: new Set(), changes: 0 });
    }
  }

  past(service: Service): Past {
    return this.#past.get(service) ?? { served: new Set(), usable: new Set(), changes: 0 };
  }

  /** What was right at any time between. */
  rightBetween(service: Service, from: number, until: number): Right {
    const found = this.#periods
      .filter((period) => period.from <= until && period.until >= from)
      .flatMap(({ right }) => right.get(service) ?? []);
    return {
      may: new Set(found.flatMap(({ may }) => [...may])),
      unavailable: found.some(({ unavailable }) => unavailable),
    };
  }

  #start(now: number, right: Period['right']): void {
    const last = this.#periods.at(-1);
    if (last !== undefined) last.until = now;
    // Who asked before these has long been answered.
    this.#periods = [...this.#periods.slice(-50), { from: now, until: Number.POSITIVE_INFINITY, right }];
  }
}
