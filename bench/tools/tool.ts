import type { Gateway } from '../bed/gateway.ts';

/** What keeps an nginx in step with Consul. */
export interface Tool {
  /** A column of the tables. */
  readonly name: string;
  /** It takes an nginx with the Lua module, which is not reloaded for servers that come and go. */
  readonly lua?: true;
  /** Starts it, as a process of its own. It is killed in the end. */
  start(setup: Setup): Promise<Sidecar>;
  /** The file with the upstreams that nginx includes. */
  renderedBy(setup: Setup): string;
}

export interface Setup {
  readonly consul: ConsulAddress;
  readonly gateway: Gateway;
  /** Each becomes an upstream of its own name. */
  readonly services: readonly string[];
  /** For upsync: whether each read has to come from Consul's leader. */
  readonly consistent?: boolean;
  /** For upsync: a script to load before it. */
  readonly preload?: URL;
  /** For upsync: says each step and answer. */
  readonly debug?: boolean;
}

export interface ConsulAddress {
  readonly url: string;
  readonly tls?: TlsFiles;
}

interface TlsFiles {
  readonly serverName: string;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Sidecar extends AsyncDisposable {
  readonly pid: number;
  /** By `performance.now()`, as all times here. */
  readonly startedAt: number;
  readonly log: Log;
  /** In words; undefined while it runs. */
  readonly end: () => string | undefined;
  signal(name: NodeJS.Signals): void;
}

/** A line of the log, as it came. */
export interface Line {
  readonly at: number;
  readonly text: string;
}

/** What it said so far, and what it says from now on. */
export class Log {
  readonly lines: Line[] = [];
  readonly #listeners = new Set<(line: Line) => void>();

  add(text: string): void {
    const line = { at: performance.now(), text };
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }

  /** The first line from `since` on that is wanted; rejects after `patience` ms. */
  async first(
    wanted: (text: string) => boolean,
    signal: AbortSignal,
    { since = 0, patience = 60_000 } = {},
  ): Promise<Line> {
    const found = this.lines.find(({ at, text }) => at >= since && wanted(text));
    if (found !== undefined) return found;
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const listener = (line: Line) => wanted(line.text) && resolve(line);
    const ending = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const onAbort = () => {
      const last = this.lines.slice(-5).map(({ text }) => text);
      reject(signal.aborted ? signal.reason : new Error(`waited in vain; it last said:\n${last.join('\n')}`));
    };
    this.#listeners.add(listener);
    ending.addEventListener('abort', onAbort);
    try {
      return await promise;
    } finally {
      this.#listeners.delete(listener);
      ending.removeEventListener('abort', onAbort);
    }
  }
}
