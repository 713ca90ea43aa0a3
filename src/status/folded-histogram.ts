import { Histogram, type HistogramConfiguration } from 'prom-client';
import type { Status } from './schema.ts';

type Folded = readonly (readonly [labels: Readonly<Record<string, string>>, Status['changeToLive']])[];

/** A histogram whose observations were counted before: prom-client itself takes them only one by one. */
export class FoldedHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #folded: Folded;

  constructor(configuration: HistogramConfiguration<string>, folded: Folded) {
    super(configuration);
    this.#name = configuration.name;
    this.#help = configuration.help;
    this.#folded = folded;
  }

  /** What the registry asks a histogram for (prom-client 15, `lib/registry.js`). */
  async getForPromString() {
    const values = this.#folded.flatMap(([labels, { buckets, sum, count }]) => {
      let cumulative = 0;
      const steps = buckets.map(({ le, count: more }) => {
        cumulative += more;
        const bound = le === null ? '+Inf' : le / 1000;
        return { metricName: `${this.#name}_bucket`, labels: { ...labels, le: bound }, value: cumulative };
      });
      return [
        ...steps,
        { metricName: `${this.#name}_sum`, labels, value: sum / 1000 },
        { metricName: `${this.#name}_count`, labels, value: count },
      ];
    });
    return { name: this.#name, help: this.#help, type: 'histogram', values };
  }
}
