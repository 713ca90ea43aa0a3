import type { Setting } from './given.ts';
import { textOf } from './given.ts';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
};

/** A duration of Go's, such as `1m30s`, in ms; a bare number counts nanoseconds. Undefined where it is none. */
export function goDuration(setting: Setting): number | undefined {
  const text = textOf(setting).trim();
  if (/^\d+$/.test(text)) return Number(text) * 1e-6;
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/.test(text))
    return undefined;
  return [...text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)].reduce(
    (sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  );
}

/** As upsync writes it, in the biggest unit that leaves no fraction. */
export function spellDuration(ms: number): string {
  const whole = Math.round(ms);
  const [unit, size] = (
    [
      ['h', 36e5],
      ['m', 6e4],
      ['s', 1e3],
    ] as const
  ).find(([, size]) => whole >= size && whole % size === 0) ?? ['ms', 1];
  return `${whole / size}${unit}`;
}
