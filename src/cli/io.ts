import type { Config } from '../config/config.ts';
import type { RegisterConfig } from '../config/register.ts';

/** What a run touches of the process that it is in. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts at SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** Calls `listener` at each SIGHUP from now on. */
  onHangUp(listener: () => void): void;
  /**
   * Calls `listener` at each of these signals from now on. At SIGTERM and SIGINT only at those that come after the first,
   * which would end the process otherwise.
   */
  onSignal(names: readonly NodeJS.Signals[], listener: (name: NodeJS.Signals) => void): void;
}

interface Output {
  readonly fd: number;
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Characters to a line, on a terminal. */
  readonly columns?: number;
  /** Lines, on a terminal. */
  readonly rows?: number;
}

export interface OnceOptions {
  /** Publish and reload, rather than show. */
  readonly apply: boolean;
  /** Do not ask Consul. */
  readonly seed: boolean;
  /** Exit with 2 where something would change. */
  readonly exitCode: boolean;
  readonly json: boolean;
}

export interface StatusOptions {
  /** Show it again and again. */
  readonly watch: boolean;
  readonly json: boolean;
}

export interface CheckOptions {
  readonly json: boolean;
}

export interface RegisterOptions {
  /** Show what would be written, rather than write it. */
  readonly once: boolean;
  readonly json: boolean;
}

/** What a run starts; each resolves with the exit code. */
export interface Commands {
  /** `load` reads file, environment and token anew each time. */
  daemon(load: () => Promise<Config>, io: Io): Promise<number>;
  /** `output` is the managed folder. */
  status(output: string, options: StatusOptions, io: Io): Promise<number>;
  once(config: Config, options: OnceOptions, io: Io): Promise<number>;
  check(config: Config, options: CheckOptions, io: Io): Promise<number>;
  register(config: RegisterConfig, options: RegisterOptions, io: Io): Promise<number>;
  /** `files` and `to` as they were given. */
  migrate(files: readonly string[], to: string, io: Io): Promise<number>;
}
