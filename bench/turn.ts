import { type Gateway, startGateway } from './bed/gateway.ts';
import { type Answer, askUntil } from './bed/probe.ts';
import type { Bench } from './scenario.ts';
import type { Setup, Sidecar, Tool } from './tools/tool.ts';

/** A tool at work, with an nginx of its own that nobody used before. */
export interface Turn extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly sidecar: Sidecar;
  /** When the first service was answered for the first time. */
  readonly servedAt: number;
  /** Asks the gateway for a service until an answer is what is wanted. */
  ask(service: string, wanted: (answer: Answer) => boolean, patience?: number): Promise<Answer>;
}

export interface TurnOptions extends Omit<Setup, 'gateway'> {
  readonly workers?: number;
  /** More for nginx's http block. */
  readonly http?: string;
  /** Do not wait for the first answer: it may never come. */
  readonly unserved?: true;
  /** For the first answer, in ms. */
  readonly patience?: number;
}

/** Resolves once the first of the services is answered. */
export async function startTurn(bench: Bench, tool: Tool, options: TurnOptions): Promise<Turn> {
  const { workers = 2, http = '', unserved, patience = 60_000, ...rest } = options;
  await using starting = new AsyncDisposableStack();
  const gateway = starting.use(await startGateway({ workers, http, lua: tool.lua === true }));
  const setup = { ...rest, gateway };
  const sidecar = starting.use(await tool.start(setup));
  const ask = (service: string, wanted: (answer: Answer) => boolean, within?: number) =>
    askUntil(gateway.bed, `/${service}`, wanted, bench.signal, within);
  const [first = ''] = options.services;
  // It may be that nobody listens at the addresses of the service: that there is an upstream is enough.
  const servedAt = unserved
    ? Number.NaN
    : (await ask(first, ({ known }) => known, patience).catch((error) => explain(error, tool, sidecar))).at;
  const started = starting.move();
  return { gateway, setup, sidecar, servedAt, ask, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

function explain(error: Error, tool: Tool, { log }: Sidecar): never {
  const last = log.lines.slice(-5).map(({ text }) => text.slice(0, 500));
  throw new Error(`${error.message}\n${tool.name} last said:\n${last.join('\n')}`, { cause: error });
}

/** The tools in turn, each run beginning with another one, so that none is always the first. */
export function rotated<T>(all: readonly T[], run: number): readonly T[] {
  const at = run % Math.max(1, all.length);
  return [...all.slice(at), ...all.slice(0, at)];
}
