import { z } from 'zod';
import { ProblemError } from '../../pipeline/problem.ts';
import type { Container, Health, Host, Port } from '../container.ts';
import { signalNumber } from './signal-number.ts';

/*
 * What is used of Docker's answers; zod drops the rest. What API 1.52 took away is not among it
 * (`NetworkSettings.IPAddress`, an event's `status` and `id`). Go writes an empty list or map as null.
 */

const Info = z.object({ ID: z.string().default(''), Name: z.string().default('') });

const List = z.array(z.object({ Id: z.string() }));

const Bindings = z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string() })).nullish();

const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({
    Image: z.string(),
    Env: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    StopSignal: z.string().nullish(),
  }),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    Health: z
      .object({ Status: z.string(), Log: z.array(z.object({ Output: z.string() })).nullish() })
      .nullish(),
  }),
  HostConfig: z.object({ NetworkMode: z.string().default('') }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), Bindings).nullish(),
    Networks: z
      .record(
        z.string(),
        z.object({ IPAddress: z.string().nullish(), GlobalIPv6Address: z.string().nullish() }),
      )
      .nullish(),
  }),
});

export type Inspected = z.infer<typeof Inspected>;

export function decodeHost(answer: unknown): Host {
  const { ID, Name } = parse(Info, answer);
  // Engines that only speak Docker's API may have no id.
  return { id: ID || Name, name: Name };
}

export function decodeIds(answer: unknown): readonly string[] {
  return parse(List, answer).map(({ Id }) => Id);
}

export function decodeInspected(answer: unknown): Inspected {
  return parse(Inspected, answer);
}

/** `of` is who has the network: the container itself, or the one whose network it shares. */
export function toContainer(inspected: Inspected, of: Inspected = inspected): Container {
  const { Id, Name, Config, State } = inspected;
  const mode = of.HostConfig.NetworkMode;
  const isHost = mode === 'host';
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    settings: [...(Config.Env ?? []).map(split), ...Object.entries(Config.Labels ?? {})],
    state: State.Status === 'running' || State.Status === 'paused' ? State.Status : 'exited',
    exitCode: State.ExitCode,
    startedAt: Date.parse(State.StartedAt),
    stopSignal: signalNumber(Config.StopSignal ?? ''),
    health: healthOf(State.Health),
    hostNetwork: isHost,
    ports: portsOf(
      // What the other one publishes without this one's exposing it is the other one's.
      [
        ...Object.keys(Config.ExposedPorts ?? {}),
        ...Object.keys((of === inspected ? of.NetworkSettings.Ports : undefined) ?? {}),
      ],
      of.NetworkSettings.Ports ?? {},
      isHost,
    ),
    networks: networksOf(of.NetworkSettings.Networks ?? {}, mode),
  };
}

function split(variable: string): [string, string] {
  const at = variable.indexOf('=');
  return at === -1 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}

function healthOf(health: Inspected['State']['Health']): Health | undefined {
  const status = health?.Status;
  if (status !== 'starting' && status !== 'healthy' && status !== 'unhealthy') return undefined;
  const said = health?.Log?.at(-1)?.Output ?? '';
  return {
    status,
    output: said
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, 200),
  };
}

/** What is exposed on the host's own network is published as it is. */
function portsOf(
  exposed: readonly string[],
  published: NonNullable<Inspected['NetworkSettings']['Ports']>,
  isHost: boolean,
): readonly Port[] {
  // An engine repeats what it was asked for: Compose's `expose: [80]` comes without the protocol.
  const keys = new Set(exposed.map((key) => (key.includes('/') ? key : `${key}/tcp`)));
  const ports = [...keys].map((key): Port => {
    const [number = '', protocol = ''] = key.split('/');
    const bindings = (published[key] ?? []).map(({ HostIp, HostPort }) => ({
      address: HostIp,
      port: Number(HostPort),
    }));
    const own = { address: '0.0.0.0', port: Number(number) };
    return { number: Number(number), protocol, bindings: isHost ? [own] : bindings };
  });
  return ports.sort((a, b) => a.number - b.number || (a.protocol < b.protocol ? -1 : 1));
}

function networksOf(
  networks: NonNullable<Inspected['NetworkSettings']['Networks']>,
  mode: string,
): Container['networks'] {
  const first = mode === 'default' ? 'bridge' : mode;
  return Object.entries(networks)
    .map(([name, { IPAddress, GlobalIPv6Address }]) => ({
      name,
      address: IPAddress || GlobalIPv6Address || '',
    }))
    .filter(({ address }) => address !== '')
    .sort((a, b) => Number(b.name === first) - Number(a.name === first) || (a.name < b.name ? -1 : 1));
}

function parse<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.join('.') ?? '';
  throw new ProblemError({
    what: `the answer is not built as Docker's is${at === '' ? '' : ` (at ${at})`}`,
    remedy: 'check that --docker-host leads to a Docker engine',
  });
}
