import type { Container } from './container.ts';
import { formatHost } from './place.ts';
import type { RegistrarPlan } from './plan.ts';
import { isOn, type Settings } from './settings.ts';

/** How the agent tells whether a service is well. Times as Consul spells them: `10s`, `1m30s`. */
export type Check = { readonly deregisterAfter?: string } & (
  | (Polled & {
      readonly kind: 'http';
      readonly url: string;
      readonly method?: string;
      readonly skipVerify: boolean;
    })
  | (Polled & { readonly kind: 'tcp'; readonly at: string })
  | (Polled & {
      readonly kind: 'grpc';
      readonly at: string;
      readonly tls: boolean;
      readonly skipVerify: boolean;
    })
  /** Kept fresh by the application. */
  | { readonly kind: 'ttl'; readonly ttl: string; readonly initialStatus?: string }
  /** Kept fresh by the registrar, for `ttl` ms each time. */
  | { readonly kind: 'kept'; readonly ttl: number; readonly report: Report }
);

interface Polled {
  readonly interval: string;
  readonly timeout?: string;
  readonly initialStatus?: string;
}

/** What Docker says of a container, in Consul's words. */
export interface Report {
  readonly status: 'passing' | 'critical';
  readonly output: string;
}

/** How long HEALTHCHECK's word counts, in ms, where `--ttl` does not say. */
const healthTtl = 30_000;

/** The first of `SERVICE_CHECK_HTTP`, `HTTPS`, `TTL`, `TCP` and `GRPC`, else Docker's HEALTHCHECK, else none or a mere sign of life. */
export function checkFor(
  settings: Settings,
  { address, port }: { readonly address: string; readonly port: number },
  container: Container,
  plan: RegistrarPlan,
): Check | undefined {
  const get = (name: string) => settings.get(`check_${name}`);
  const at = `${formatHost(address)}:${port}`;
  const always = optional('deregisterAfter', get('deregister_after'));
  const initial = optional('initialStatus', get('initial_status'));
  const polled = {
    interval: get('interval') ?? '10s',
    ...optional('timeout', get('timeout')),
    ...initial,
    ...always,
  };
  const skipVerify = isOn(get('tls_skip_verify'));
  const page = (scheme: 'http' | 'https', path: string): Check => ({
    kind: 'http',
    url: `${scheme}://${at}${path.startsWith('/') ? '' : '/'}${path}`,
    ...optional('method', get(`${scheme}_method`) ?? get('http_method')),
    skipVerify: scheme === 'https' && skipVerify,
    ...polled,
  });
  const [http, https, ttl] = [get('http'), get('https'), get('ttl')];
  if (http !== undefined) return page('http', http);
  if (https !== undefined) return page('https', https);
  if (ttl !== undefined) return { kind: 'ttl', ttl, ...initial, ...always };
  if (isOn(get('tcp'))) return { kind: 'tcp', at, ...polled };
  if (isOn(get('grpc'))) return { kind: 'grpc', at, tls: isOn(get('grpc_use_tls')), skipVerify, ...polled };
  if (container.health === undefined && plan.ttl === 0) return undefined;
  return { kind: 'kept', ttl: plan.ttl || healthTtl, report: reportOf(container), ...always };
}

/** Docker's word on a container: until its HEALTHCHECK has passed once, it is not to be sent traffic. */
export function reportOf({ health, state }: Container): Report {
  if (health === undefined) return { status: 'passing', output: state };
  const said = health.output === '' ? '' : `: ${health.output}`;
  return { status: health.status === 'healthy' ? 'passing' : 'critical', output: `${health.status}${said}` };
}

/**
 * The whole definition in words. The agent reports of a check neither address nor times; it is by these
 * words, in its notes, that a check is told from one that was registered before.
 */
export function describeCheck(check: Check): string {
  const { kind } = check;
  const words = [
    kind === 'http' && `${check.method ?? 'GET'} ${check.url}`,
    kind === 'tcp' && `TCP ${check.at}`,
    kind === 'grpc' && `gRPC ${check.at}${check.tls ? ' over TLS' : ''}`,
    kind === 'ttl' && `kept fresh by the application, TTL ${check.ttl}`,
    kind === 'kept' && `kept fresh by upsync register, TTL ${check.ttl / 1000}s`,
    'interval' in check && `every ${check.interval}`,
    'timeout' in check && `timeout ${check.timeout}`,
    'skipVerify' in check && check.skipVerify && 'certificate not verified',
    'initialStatus' in check && `${check.initialStatus} at first`,
    check.deregisterAfter !== undefined && `deregistered after ${check.deregisterAfter}`,
  ];
  return words.filter((word) => word !== false).join(', ');
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [_ in K]?: string } {
  const made: { [_ in K]?: string } = {};
  if (value !== undefined) made[key] = value;
  return made;
}
