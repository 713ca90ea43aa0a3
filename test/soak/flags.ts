import { parseArgs } from 'node:util';

export interface Flags {
  readonly seconds: number;
  readonly seed: number;
  readonly help: boolean;
}

export const usage = `Usage: npm run soak [-- --seconds N --seed S]
Runs Consul, nginx, upsync and a dozen backends on loopback addresses, under load. Backends join, leave, turn unhealthy
and crash; Consul, nginx and upsync are killed and started again. After each step a checker of its own compares who
answers through nginx with what Consul says. Nothing stays behind.
  --seconds N  for how long (600)
  --seed S     a number; the same one gives the same steps
`;

/** In words, where a flag is not known or no number. */
export function readFlags(args: readonly string[]): Flags | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: '600' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
    if (!(seconds > 0)) return `--seconds ${values.seconds}: not a number of seconds`;
    if (!Number.isInteger(seed) || seed < 0) return `--seed ${values.seed}: not a whole number`;
    return { seconds, seed, help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
