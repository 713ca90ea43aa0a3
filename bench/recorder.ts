import type { Measurement } from './report/results.ts';
import type { Key } from './scenario.ts';

/** Collects the values of a scenario, run by run. */
export class Recorder {
  readonly measurements: Measurement[] = [];
  readonly notes: string[] = [];

  record(key: Key, values: readonly number[]): void {
    this.#at(key).runs.push([...values]);
  }

  absent(key: Key, why: string): void {
    this.#at(key).absent = why;
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  #at({ tool, what, unit, of = '', size }: Key): Measurement {
    const found = this.measurements.find((one) => one.tool === tool && one.what === what && one.of === of);
    if (found !== undefined) return found;
    const made: Measurement = { tool, of, ...(size === undefined ? {} : { size }), what, unit, runs: [] };
    this.measurements.push(made);
    return made;
  }
}
