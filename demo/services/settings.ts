import { hostname } from 'node:os';

/** What an instance is told by its environment. An empty variable is one that is not set. */
export interface Settings {
  /** Its name in Consul and in SkyWalking. */
  readonly service: string;
  readonly address: string;
  readonly port: number;
  /** The machine that it runs on, as it calls itself in its answers. */
  readonly node: string;
  /** Its name in SkyWalking. */
  readonly tracedAs: string;
  /** `host:port` of SkyWalking's collector; undefined: no tracing. */
  readonly collector: string | undefined;
  /** What `/get` reads and calls, as far as it is set. */
  readonly mysql: string | undefined;
  readonly redis: string | undefined;
  readonly web2: string | undefined;
  /** How long it goes on serving after SIGTERM, in ms. */
  readonly drain: number;
}

/** The ports that the two services have always had. */
const ports: Readonly<Record<string, string>> = { service_web1: '30002', service_web2: '30003' };

/** Throws an error that a person can read where a variable makes no sense. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = (name: string) => env[name]?.trim() || undefined;
  const service = given('SERVICE_NAME') ?? 'service_web1';
  const host = given('HOST_IP');
  return {
    service,
    address: given('ADDRESS') ?? '0.0.0.0',
    port: port(given('PORT') ?? ports[service]),
    node: given('NODE_NAME') ?? host ?? hostname(),
    tracedAs: `server_${host ?? hostname()}`,
    collector: collector(given('SW_OAP_ADDRESS')),
    mysql: url('MYSQL_URL', given('MYSQL_URL'), 'mysql://'),
    redis: url('REDIS_URL', given('REDIS_URL'), 'redis://', 'rediss://'),
    web2: url('WEB2_URL', given('WEB2_URL'), 'http://', 'https://'),
    drain: seconds(given('DRAIN_SECONDS') ?? '5') * 1_000,
  };
}

function port(text: string | undefined): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw new Error(`PORT must be from 1 to 65535, and not ${text ?? 'left out'}`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 3_600) return value;
  throw new Error(`DRAIN_SECONDS must be from 0 to 3600, and not ${text}`);
}

/** SkyWalking's own page knows a SW_OAP_ADDRESS that is a URL, and of another port: the two are easily mixed up. */
function collector(text: string | undefined): string | undefined {
  if (text === undefined || /^[^\s/]+:\d+$/.test(text)) return text;
  throw new Error(
    `SW_OAP_ADDRESS must be HOST:PORT of the collector's gRPC, as in oap:11800, and not ${text}`,
  );
}

/** A URL may hold a password: the error does not show it. */
function url(name: string, text: string | undefined, ...beginnings: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  if (URL.canParse(text) && beginnings.some((beginning) => text.startsWith(beginning))) return text;
  throw new Error(`${name} must be a URL that begins with ${beginnings.join(' or ')}`);
}
