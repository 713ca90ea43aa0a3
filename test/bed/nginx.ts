import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePorts } from './consul-ports.ts';
import { answers, hasChildren, holdersOf, runs, send, until } from './nginx-processes.ts';
import './sbin.ts';
import { loadLua } from './via.ts';

/** Where a bed's nginx lives: its configuration is written from this. */
export interface Place {
  /** Absolute. */
  readonly folder: string;
  /** A loopback address of its own, 127.0.0.2 to 127.0.0.254, unless told. */
  readonly host: string;
  /** Free ports on `host`. nginx counts as started when the first one takes a connection. */
  readonly ports: readonly number[];
  /** The first port. */
  readonly port: number;
  /** What stands at the top of nginx.conf: user (as root only), pid, error_log, daemon. */
  readonly main: string;
  /** What stands at the top of http: temp paths and access_log within the folder. */
  readonly http: string;
}

/** Files by path relative to the bed's folder; a link by what it leads to. */
export type Layout = Readonly<Record<string, string | { readonly link: string }>>;

export interface BedOptions {
  /** The files. `nginx.conf` is the one that nginx reads; the default one includes `upsync/http/*.conf`. */
  readonly layout?: (place: Place) => Layout;
  /** A loopback address; one of its own by default. */
  readonly host?: string;
  /** The first port; a free one by default. */
  readonly port?: number;
  /** Whether the master leaves its parent, as under systemd; by default it ends with its parent, at the latest. */
  readonly daemon?: boolean;
  /** Whose the workers are, where the test runs as root. */
  readonly user?: string;
  /** How many ports; 2 by default. */
  readonly ports?: number;
  readonly binary?: string;
}

export interface NginxBed extends Place, AsyncDisposable {
  readonly conf: string;
  readonly pidFile: string;
  /** `http://host:port`. */
  readonly url: string;
  /** The master's. */
  pid(): Promise<number>;
  errorLog(): Promise<string>;
  /** HUP, and nothing else: whether it worked is what the test wants to see. */
  reload(): Promise<void>;
  /** SIGKILL by default, to the master alone; waits until it is gone. Its workers stay, as they do. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it where it does not run. */
  start(): Promise<void>;
  /** Stops it with its workers, and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real nginx in a folder of its own, started. */
export async function startNginx(options: BedOptions = {}): Promise<NginxBed> {
  const bed = await layNginx(options);
  try {
    await bed.start();
    return bed;
  } catch (error) {
    await bed[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same, not started. */
export async function layNginx(options: BedOptions = {}): Promise<NginxBed> {
  const { daemon = false, user = 'www-data', binary = 'nginx', layout = plain } = options;
  // As /proc names it: by that are workers found that their master left behind.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nginx-bed-')));
  const { host = `127.0.0.${2 + Math.floor(Math.random() * 253)}` } = options;
  const [free = 0, ...others] = await freePorts(host, options.ports ?? 2);
  const port = options.port ?? free;
  const pidFile = join(folder, 'nginx.pid');
  const conf = join(folder, 'nginx.conf');
  const place: Place = {
    folder,
    host,
    ports: [port, ...others],
    port,
    main: [
      ...(loadLua === '' ? [] : [loadLua]),
      process.getuid?.() === 0 ? `user ${user};` : '',
      `daemon ${daemon ? 'on' : 'off'};`,
      `pid ${pidFile};`,
      `error_log ${folder}/logs/error.log notice;`,
    ].join('\n'),
    http: [
      `access_log ${folder}/logs/access.log;`,
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/temp/${name};`,
      ),
    ].join('\n'),
  };

  for (const each of ['logs', 'temp']) await mkdir(join(folder, each));
  await write(folder, layout(place));
  // Workers of another user go through it to what they serve.
  await chmod(folder, 0o755);

  let parent: ChildProcess | undefined;
  const pid = async () => Number((await readFile(pidFile, 'utf8')).trim());
  const signal = async (name: NodeJS.Signals) => {
    const master = await pid();
    process.kill(master, name);
    return master;
  };
  const errorLog = () => readFile(join(folder, 'logs/error.log'), 'utf8').catch(() => '');

  const start = async () => {
    // `setpriv` (util-linux) keeps the pid, and lets the kernel ask the master to stop should its parent end, however
    // that ends; the master takes its workers along. A daemon has left its parent, and all that goes with it.
    const command = ['--pdeathsig', 'TERM', binary, '-c', conf, '-e', join(folder, 'logs/error.log')];
    const child = spawn('setpriv', command, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    parent = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until(`nginx takes connections on ${host}:${port}`, async () => {
      const failed = child.exitCode !== null && (child.exitCode !== 0 || !daemon);
      if (failed) throw new Error(`nginx ended with ${child.exitCode}: ${said}`);
      // The master listens before it has workers: one that is killed in between leaves nobody to answer.
      const master = await pid().catch(() => 0);
      return (await answers(host, port)) && (await hasChildren(master));
    });
  };
  const gone = async (process: number) => {
    await until(`process ${process} ends`, async () => !(await runs(process)));
    if (parent && parent.exitCode === null && parent.signalCode === null && parent.pid === process) {
      await once(parent, 'exit');
    }
  };
  const kill = async (name: NodeJS.Signals = 'SIGKILL') => gone(await signal(name));
  const stop = async () => {
    const master = await pid().catch(() => undefined);
    if (master === undefined || !(await runs(master))) return;
    send(master, 'SIGTERM');
    await gone(master);
  };
  /** The workers of a master that was killed: they hold the port, and nobody else ends them. */
  const endOrphans = async () => {
    for (const worker of await holdersOf(join(folder, 'logs/error.log'))) {
      send(worker, 'SIGKILL');
      await gone(worker);
    }
  };

  return {
    ...place,
    conf,
    pidFile,
    url: `http://${host}:${port}`,
    pid,
    errorLog,
    reload: async () => {
      await signal('SIGHUP');
    },
    kill,
    start,
    stop,
    restart: async () => {
      await stop();
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await endOrphans();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function plain({ folder, host, port, main, http }: Place): Layout {
  return {
    'nginx.conf': `${main}
events {}
http {
${http}
include ${folder}/upsync/http/*.conf;
server { listen ${host}:${port}; return 200 "bed\n"; }
}
`,
  };
}

async function write(folder: string, layout: Layout): Promise<void> {
  for (const [name, contents] of Object.entries(layout)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await (typeof contents === 'string' ? writeFile(path, contents) : symlink(contents.link, path));
  }
}
