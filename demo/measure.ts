import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './environment.ts';
import type { Gateway } from './gateway.ts';
import type { Instance } from './node.ts';
import { DrillProblem } from './problem.ts';
import type { Change, Step } from './steps.ts';
import type { Answer, Tally } from './tally.ts';

/** One row of the table; times in ms. */
export interface Result {
  readonly step: Step;
  readonly change: Change;
  /** From what was done to Consul's knowledge of it, where Consul had to find out. */
  readonly noticed: number | undefined;
  /** From Consul's knowledge to the first answer of the last one that joined, or to the last answer of an old worker. */
  readonly live: number;
  readonly tally: Tally;
  readonly reloads: number;
}

/** Longer than upsync lets a burst of changes put one off (1 s): then no more is to come. */
const quiet = 1_200;
const patience = 15_000;

/** Takes a step under load, and waits until nginx has followed and is quiet again. */
export async function measure(step: Step, environment: Environment, signal: AbortSignal): Promise<Result> {
  const { gateway, load } = environment;
  const [before, beforeThat] = [await gateway.reloads(), await gateway.state()];
  const tally = load.measure();
  const change = await step.act(environment, signal);
  await untilQuiet(gateway, beforeThat, step, signal);
  const reloads = (await gateway.reloads()) - before;
  const live =
    change.left.length === 0
      ? joinTime(step, change, tally)
      : reloads === 0
        ? pushedTime(change, tally)
        : await leaveTime(step, change, tally, gateway);
  load.measure();
  await tally.settled();
  return {
    step,
    change,
    noticed: step.since === undefined ? latest(change.left.concat(change.joined)) - change.doneAt : undefined,
    live,
    tally,
    reloads,
  };
}

async function untilQuiet(gateway: Gateway, before: string, step: Step, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience;
  let seen = before;
  let since = performance.now();
  while (seen === before || performance.now() - since < quiet) {
    await sleep(25, undefined, { signal });
    const state = await gateway.state();
    if (state !== seen) since = performance.now();
    seen = state;
    if (performance.now() < deadline) continue;
    const what = seen === before ? 'nginx was given nothing new' : 'nginx is still being changed';
    throw new DrillProblem(`${step.name}: ${what} after ${patience / 1000} s; upsync's lines above say why`);
  }
}

function joinTime(step: Step, change: Change, tally: Tally): number {
  if (change.servedAt !== undefined) return change.servedAt - latest(change.joined);
  const times = change.joined.map((instance) => {
    const first = tally.answers.find((answer) => isFrom(answer, instance) && answer.at >= instance.knownAt);
    if (first !== undefined) return first.at - instance.knownAt;
    throw new DrillProblem(
      `${step.name}: nginx was reloaded, but ${instance.service} on ${instance.node} never answered through the gateway`,
    );
  });
  return Math.max(...times);
}

/** Without a reload a worker stops choosing an instance as soon as it follows. */
function pushedTime({ left }: Change, { answers }: Tally): number {
  const knownAt = Math.min(...left.map((instance) => instance.knownAt));
  const last = answers.findLast((answer) => left.some((instance) => isFrom(answer, instance)));
  return Math.max(0, (last?.at ?? knownAt) - knownAt);
}

/** A worker that was started since does not know the instance; each one from before might have chosen it. */
async function leaveTime(step: Step, change: Change, tally: Tally, gateway: Gateway): Promise<number> {
  const workers = await gateway.workers();
  const knownAt = Math.min(...change.left.map((instance) => instance.knownAt));
  const ghost = tally.answers.find(
    (answer) => workers.has(answer.worker) && change.left.some((instance) => isFrom(answer, instance)),
  );
  if (ghost !== undefined) {
    throw new DrillProblem(`${step.name}: ${ghost.service} on ${ghost.node} still answers after the reload`);
  }
  const last = tally.answers.findLast((answer) => !workers.has(answer.worker));
  return Math.max(0, (last?.at ?? knownAt) - knownAt);
}

function isFrom(answer: Answer, { service, node }: Instance): boolean {
  return answer.service === service && answer.node === node;
}

function latest(instances: readonly Instance[]): number {
  return Math.max(...instances.map((instance) => instance.knownAt));
}
