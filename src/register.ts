import type { Io, RegisterOptions } from './cli/io.ts';
import { presentComparison, presentComparisonJson } from './cli/present-register.ts';
import type { RegisterConfig } from './config/register.ts';
import { createAgentServices } from './consul/agent-services.ts';
import { systemClock } from './pipeline/clock.ts';
import { quiescence } from './pipeline/quiescence.ts';
import { compare } from './registrar/compare.ts';
import { createEngine } from './registrar/docker/engine.ts';
import { followEngine } from './registrar/follow-engine.ts';
import { loop } from './registrar/loop.ts';
import { Signals } from './registrar/stopping.ts';
import { createWriter } from './report/logger.ts';
import { createRegistrarLog } from './report/registrar-log.ts';
import { version } from './version.ts';

/** How a burst of Docker's events becomes one look, in ms. */
const wait = { min: 100, max: 1_000 };

/**
 * Keeps this host's containers registered until `io.signal` aborts; what is registered stays when it
 * ends. With `once`, says what it would write. Resolves with the exit code; throws ProblemError where it
 * cannot begin.
 */
export async function runRegister(
  config: RegisterConfig,
  { once, json }: RegisterOptions,
  io: Io,
): Promise<number> {
  const { plan, certificates } = config;
  const docker = config.docker.kind === 'tcp' ? { ...config.docker, certificates } : config.docker;
  const engine = createEngine(docker, { stopped: plan.deregister === 'on-success' });
  const signals = new Signals();
  if (once) {
    using registry = createAgentServices(config.consul, () => undefined);
    const inventory = await engine.inventory(io.signal);
    const found = await compare(inventory, plan, registry, signals, () => false, io.signal);
    io.stdout.write(json ? presentComparisonJson(found) : presentComparison(found));
    return 0;
  }
  const report = createRegistrarLog(await createWriter(config.log, io.stdout, io.env), systemClock);
  using registry = createAgentServices(config.consul, report);
  const bell = quiescence(wait, systemClock);
  const registrar = { plan, engine, registry, signals, clock: systemClock, report, random: Math.random };
  report({ type: 'process', state: 'started', detail: summary(config) });
  await Promise.all([loop(registrar, bell, io.signal), followEngine(registrar, bell, io.signal)]);
  report({ type: 'process', state: 'stopped', detail: 'what is registered stays' });
  return 0;
}

function summary({ plan, docker, consul }: RegisterConfig): string {
  const engine = docker.kind === 'socket' ? docker.path : `${docker.host}:${docker.port}`;
  const at = plan.internal ? "the containers' own addresses" : (plan.ip ?? "the agent's own address");
  return `upsync ${version} registers the containers of ${engine} in ${consul.address}, at ${at}`;
}
