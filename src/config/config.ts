import type { Plan } from '../pipeline/plan.ts';
import type { Owner } from '../pipeline/release.ts';
import type { UnitPlan } from '../pipeline/unit.ts';
import type { ReadToken } from './token.ts';

/** The whole configuration, resolved: paths absolute, times in ms, nothing left to look up but a token that is rotated. */
export interface Config {
  readonly plan: Plan;
  readonly consul: ConsulConfig;
  readonly nginx: NginxConfig;
  /** The managed folder. */
  readonly output: string;
  readonly templates: TemplatesConfig;
  /** What the server for the routes listens on, as nginx takes it; undefined for no server. */
  readonly gateway: string | undefined;
  /** The variables that templates may see; undefined where one is not set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly process: ProcessConfig;
  /** Files of other programs, sorted by name. */
  readonly units: readonly UnitConfig[];
  readonly listen: ListenConfig;
  readonly log: LogConfig;
}

export interface ConsulConfig {
  /** `http://…` or `https://…`, without a slash at its end, or `unix://` and an absolute path. */
  readonly address: string;
  readonly token: ReadToken;
  readonly hasToken: boolean;
  /** Empty for the agent's own. */
  readonly datacenter: string;
  /** Whether any server may answer, or the leader alone. */
  readonly stale: boolean;
  /** How long a blocking query may be held, in ms. */
  readonly block: number;
  /** How long an answer may take beyond that, in ms. */
  readonly timeout: number;
  /** In ms. */
  readonly maxStale: number;
  readonly maxConnections: number;
  readonly tls: TlsConfig;
}

/** Paths of PEM files; empty for none. */
interface TlsConfig {
  readonly ca: string;
  /** There together with `key`, or neither. */
  readonly cert: string;
  readonly key: string;
  /** Empty for the host of the address. */
  readonly serverName: string;
  readonly verify: boolean;
}

export interface NginxConfig {
  readonly conf: string;
  /** Undefined for the compiled-in one. */
  readonly prefix: string | undefined;
  /** A path, or a name to find on PATH. */
  readonly binary: string;
  /** `auto` or a path. */
  readonly pid: string;
  readonly via: 'reload' | 'push' | 'auto';
  readonly signal: 'auto' | 'pid' | 'fifo';
  /** `auto` or `HOST:PORT`, IPv6 in brackets. */
  readonly proof: string;
  /** In ms. */
  readonly proofTimeout: number;
}

/** upsync itself as a process. */
export interface ProcessConfig {
  /** The words of the command that starts nginx; empty where nginx is started by others. */
  readonly exec: readonly string[];
  /** How long that nginx may finish its requests at the end, in ms. */
  readonly stopTimeout: number;
  /** Undefined for none. */
  readonly pidFile: string | undefined;
}

export type TemplatesConfig =
  | { readonly kind: 'builtin' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'list'; readonly list: readonly TemplateConfig[] };

export interface UnitConfig {
  readonly plan: UnitPlan;
  readonly templates: Extract<TemplatesConfig, { kind: 'list' }>;
  /** How `<%= … %>` writes values. */
  readonly quoting: 'none' | 'nginx';
}

export interface TemplateConfig {
  /** Absolute. */
  readonly source: string;
  /** `http/NAME`, `stream/NAME` or an absolute path. */
  readonly destination: string;
  /** Permission bits. */
  readonly mode?: number;
  readonly owner?: Owner;
}

interface ListenConfig {
  /** Undefined for nowhere; IPv6 without brackets, port 0 for any that is free. */
  readonly place: { readonly host: string; readonly port: number } | undefined;
  /** Further names that requests may be for. */
  readonly hosts: readonly string[];
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'pretty' | 'json';
}
