import type { Consul } from '../test/bed/consul.ts';
import type { Farm } from './bed/farm.ts';
import type { Registry } from './bed/registry.ts';
import type { Wide } from './bed/wide.ts';
import type { Variant } from './tools/consul-template.ts';
import type { Tool } from './tools/tool.ts';

/** What is measured, under a name of its own. */
export interface Scenario {
  readonly name: string;
  /** One line, for the heading of its table. */
  readonly title: string;
  run(bench: Bench): Promise<void>;
}

/** What a scenario has to work with. */
export interface Bench {
  readonly runs: number;
  /** As many as are meant, or fewer in a quick run. */
  few(meant: number): number;
  /** The sizes that are meant, or the first two in a quick run. */
  sizes(meant: readonly number[]): readonly number[];
  readonly signal: AbortSignal;
  readonly upsync: Tool;
  /** Undefined where nginx has no Lua module. */
  readonly pushing: Tool | undefined;
  /** Undefined where there is none on this machine. */
  consulTemplate(variant?: Variant): Tool | undefined;
  /** A small Consul, which all scenarios share. */
  consul(): Promise<{ readonly consul: Consul; readonly registry: Registry }>;
  /** 2,000 services of 5 instances in another one, which is started when it is first asked for. */
  wide(): Promise<Wide>;
  farm(): Promise<Farm>;
  /** Adds the values of one run. */
  record(key: Key, ...values: readonly number[]): void;
  /** Says why there are no values. */
  absent(key: Key, why: string): void;
  /** A line below the table. */
  note(text: string): void;
  say(line: string): void;
  /** In ms. */
  sleep(time: number): Promise<void>;
}

/** What a value is of. */
export interface Key {
  readonly tool: string;
  readonly what: string;
  readonly unit: string;
  readonly of?: string;
  readonly size?: number;
}

/** upsync, and consul-template in these variants where there is one; where not, `what` says so in its column. */
export function toolsFor(
  bench: Bench,
  what: Omit<Key, 'tool'>,
  ...variants: readonly Variant[]
): readonly Tool[] {
  const others = [{}, ...variants].flatMap((variant) => bench.consulTemplate(variant) ?? []);
  if (others.length === 0) {
    bench.absent({ tool: 'consul-template', ...what }, 'not measured: no consul-template here');
  }
  return [bench.upsync, ...others];
}

/** The same, and upsync without reloads where nginx can; where not, its column says so. */
export function toolsWithPush(
  bench: Bench,
  what: Omit<Key, 'tool'>,
  ...variants: readonly Variant[]
): readonly Tool[] {
  const tools = toolsFor(bench, what, ...variants);
  if (bench.pushing !== undefined) return [bench.pushing, ...tools];
  bench.absent({ tool: 'upsync --via push', ...what }, 'not measured: nginx has no Lua module');
  return tools;
}
