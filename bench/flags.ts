import { parseArgs } from 'node:util';

export interface Flags {
  /** The scenarios to run, by name; all where empty. */
  readonly names: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  readonly readme: boolean;
  readonly help: boolean;
}

export function usage(known: readonly string[]): string {
  return `Usage: npm run bench [-- SCENARIO… --runs N --quick --readme]
Measures upsync beside consul-template (CONSUL_TEMPLATE_BIN, or one on the PATH) on a real Consul and a real nginx
(NGINX_BIN, or nginx), on loopback addresses. It prints a table, and writes bench/results: figures and charts.
  SCENARIO  ${known.join(', ')}; all of them by default
  --runs N  how often each is repeated, the tools taking turns (5)
  --quick   too few changes for figures that mean anything, to see that it works; written to results/quick.json
  --readme  runs nothing: puts the figures of the last run into README.md, and draws the charts
`;
}

/** In words, where a flag or a name is not known. */
export function readFlags(args: readonly string[], known: readonly string[]): Flags | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        quick: { type: 'boolean', default: false },
        readme: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0) return `no such scenario: ${unknown.join(', ')}`;
    if (values.readme && positionals.length > 0)
      return '--readme draws all there is: give no scenario with it';
    const runs = Number(values.runs ?? (values.quick ? 1 : 5));
    if (!Number.isInteger(runs) || runs < 1) return `--runs ${values.runs}: not a number of runs`;
    return { names: positionals, runs, quick: values.quick, readme: values.readme, help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
