import { z } from 'zod';

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Timers of Node wrap round at 2³¹ ms, some 24.8 days. */
const longest = 24 * 24 * units.h;

/** A string such as `100ms`, `5s`, `5m` or `1h`; gives milliseconds. `least` and `most` are inclusive, in ms. */
export function duration({ least = 0, most = longest }: { least?: number; most?: number } = {}) {
  return z
    .string({
      error: ({ input }) => (typeof input === 'number' && input >= 0 ? unitMissing(input) : notDuration),
    })
    .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, { error: ({ input }) => noUnit(input) })
    .transform(milliseconds)
    .refine((ms) => ms >= least, `too short; at least ${spell(least)}`)
    .refine((ms) => ms <= most, `too long; at most ${spell(most)}`);
}

const notDuration = 'not a time; write a number and its unit, such as 100ms, 5s, 5m or 1h';

function noUnit(input: unknown): string {
  return /^\d+(\.\d+)?$/.test(String(input)) ? unitMissing(String(input)) : notDuration;
}

function unitMissing(amount: number | string): string {
  return `a time without a unit; write ${amount}s, or ${amount}ms`;
}

function milliseconds(text: string): number {
  const [, amount = '', unit = ''] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
  const [, factor = Number.NaN] = Object.entries(units).find(([name]) => name === unit) ?? [];
  return Math.round(Number(amount) * factor);
}

function spell(ms: number): string {
  const [unit, factor] = Object.entries(units).findLast(([, size]) => ms >= size) ?? ['ms', 1];
  return `${ms / factor}${unit}`;
}
