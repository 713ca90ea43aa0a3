import type { Js } from './js.ts';
import type { Needs } from './needs.ts';

/** One or more functions of consul-template's, and what stands for them in an Eta template. */
export interface FunctionRow {
  readonly names: readonly string[];
  /** What to write instead, as docs/consul-template.md and the marks say it; code stands between backticks. */
  readonly write: string;
  /**
   * The call in JavaScript; undefined where these arguments cannot be converted. A row without it is left to
   * whoever migrates.
   */
  readonly convert?: (args: readonly Js[], call: Call) => Js | undefined;
  /** What upsync has no need of: nothing is to be written, and the rest of the template stands without it. */
  readonly isDropped?: true;
}

export interface Call {
  readonly name: string;
  /** What the template needs to be exposed to it. */
  readonly needs: Needs;
}

/** Needs as many arguments as `convert` takes. */
export function exactly(
  count: number,
  convert: (args: readonly [Js, Js, Js], call: Call) => Js | undefined,
): NonNullable<FunctionRow['convert']> {
  const none: Js = { code: '', kind: 'unknown' };
  return (args, call) => {
    const [first = none, second = none, third = none] = args;
    return args.length === count ? convert([first, second, third], call) : undefined;
  };
}
