import type { Problem } from '../pipeline/problem.ts';
import type { Registry } from '../registrar/ports.ts';
import type { Service } from '../registrar/service.ts';
import { checkId, decodeAddress, decodeRegistered } from './agent-decode.ts';
import { checkOptions } from './check-options.ts';
import { connect, Refusal, type Shared } from './connection.ts';
import { type ConsulOptions, TUNING, type Tuning } from './options.ts';
import { replyFrom } from './reply.ts';
import { lastingToken, type ReportProblem } from './token.ts';

/** Its requests are answered by the agent itself, which asks nobody; disposing of it closes its connections. */
export interface AgentServices extends Registry, Disposable {}

const reading = {
  rights:
    'service_prefix "" with policy "write", and agent_prefix "" with policy "read" unless --ip is given',
};
const writing = { rights: 'service_prefix "" with policy "write"' };

/** The services of one agent. Throws a ProblemError where a TLS file cannot be read. */
export function createAgentServices(
  options: ConsulOptions,
  report: ReportProblem,
  tuning: Tuning = TUNING,
): AgentServices {
  const token = lastingToken(options.token, report);
  const { consul, send, close } = connect({ ...options, token }, tuning);
  const { service, check } = consul.agent;

  const read = (path: string, call: Call, signal: AbortSignal) =>
    send({ path, call: async (shared) => replyFrom(await call(shared)).json(), remedies: reading }, signal);

  async function write(path: string, call: Call, signal: AbortSignal): Promise<Problem | undefined> {
    try {
      await send({ path, call, remedies: writing }, signal);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error.problem;
      throw error;
    }
  }

  return {
    async address(signal) {
      return decodeAddress(await read('/agent/self', (shared) => consul.agent.self(shared), signal));
    },
    async services(signal) {
      const services = await read('/agent/services', (shared) => service.list(shared), signal);
      const checks = await read('/agent/checks', (shared) => check.list(shared), signal);
      return decodeRegistered(services, checks);
    },
    register(one, signal) {
      const definition = definitionOf(one);
      return write(
        '/agent/service/register',
        (shared) => service.register({ ...definition, ...shared }),
        signal,
      );
    },
    deregister(id, signal) {
      const call: Call = (shared) => service.deregister({ id, ...shared });
      return write(`/agent/service/deregister/${encodeURIComponent(id)}`, call, signal);
    },
    maintain(id, reason, signal) {
      const mode = reason === undefined ? { enable: false } : { enable: true, reason };
      const call: Call = (shared) => service.maintenance({ id, ...mode, ...shared });
      return write(`/agent/service/maintenance/${encodeURIComponent(id)}`, call, signal);
    },
    report(id, { status, output }, signal) {
      const what = { id: checkId(id), note: output };
      const call: Call = (shared) =>
        status === 'passing' ? check.pass({ ...what, ...shared }) : check.fail({ ...what, ...shared });
      return write(
        `/agent/check/${status === 'passing' ? 'pass' : 'fail'}/${encodeURIComponent(what.id)}`,
        call,
        signal,
      );
    },
    dropCheck(id, signal) {
      const call: Call = (shared) => check.deregister({ id: checkId(id), ...shared });
      return write(`/agent/check/deregister/${encodeURIComponent(checkId(id))}`, call, signal);
    },
    [Symbol.dispose]: close,
  };
}

type Call = (shared: Shared) => Promise<unknown>;

function definitionOf({ id, name, address, port, tags, meta, check }: Service) {
  return {
    id,
    name,
    address,
    port,
    tags: [...tags],
    meta: { ...meta },
    ...(check === undefined ? {} : { check: checkOptions(id, name, check) }),
  };
}
