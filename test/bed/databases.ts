import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts } from './consul-ports.ts';
import { answers, until } from './nginx-processes.ts';

/** A real server on loopback. It ends with `await using`, and at the latest with the test process. */
export interface Database extends AsyncDisposable {
  /** With user, password and database, as the services are given it. */
  readonly url: string;
  /** `host:port`, which is its name in SkyWalking. */
  readonly peer: string;
}

interface Place {
  /** A free one unless told. */
  readonly port?: number;
}

const host = '127.0.0.1';
/** MariaDB does not run as root, and Redis need not: nobody's, where the test does. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;

/** MariaDB with the demo services' schema, and a user who may read it. */
export async function startMariadb(place: Place = {}): Promise<Database> {
  const program = find('mariadbd', 'mysqld');
  const port = place.port ?? (await freePort());
  const { folder, remove } = await createFolder('mariadb');
  const data = join(folder, 'data');
  const small = ['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=4M', '--skip-log-bin'];
  const common = ['--no-defaults', `--datadir=${data}`, ...small];
  try {
    await mkdir(data);
    await give(data);
    await bootstrap(program, common);
    const socket = `--socket=${folder}/socket`;
    const listen = [`--bind-address=${host}`, `--port=${port}`, socket];
    const server = await serve(program, [...common, ...listen], port);
    return database(`mysql://demo:secret@${host}:${port}/demo`, port, [server, remove]);
  } catch (error) {
    await remove();
    throw error;
  }
}

export async function startRedis(place: Place = {}): Promise<Database> {
  const port = place.port ?? (await freePort());
  const { folder, remove } = await createFolder('redis');
  try {
    // One program that looks at the name by which it was called.
    const program = join(folder, 'redis-server');
    await symlink(find('redis-server', 'redis-check-rdb'), program);
    const memory = ['--save', '', '--appendonly', 'no', '--dir', folder];
    const server = await serve(program, ['--bind', host, '--port', `${port}`, ...memory], port);
    return database(`redis://${host}:${port}`, port, [server, remove]);
  } catch (error) {
    await remove();
    throw error;
  }
}

function database(url: string, port: number, ends: readonly (() => Promise<void>)[]): Database {
  return {
    url,
    peer: `${host}:${port}`,
    async [Symbol.asyncDispose]() {
      for (const end of ends) await end();
    },
  };
}

/** Makes MariaDB's own tables, the services' user and their tables, without ever listening. */
async function bootstrap(program: string, args: readonly string[]): Promise<void> {
  const shared = '/usr/share/mysql';
  const read = (path: string) => readFile(path, 'utf8');
  const sql = [
    'CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n',
    await read(`${shared}/mysql_system_tables.sql`),
    await read(`${shared}/mysql_system_tables_data.sql`),
    "FLUSH PRIVILEGES;\nCREATE DATABASE demo;\nCREATE USER demo@'%' IDENTIFIED BY 'secret';\n",
    'GRANT ALL ON demo.* TO demo;\nUSE demo;\n',
    await read(join(import.meta.dirname, '../../demo/services/mysql/schema.sql')),
  ];
  const child = launch(program, [...args, '--bootstrap'], ['pipe', 'ignore', 'pipe']);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin?.end(sql.join(''));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} --bootstrap ended with ${code}:\n${said.slice(-2_000)}`);
}

/** Resolves, once the port takes connections, with what ends it. */
async function serve(program: string, args: readonly string[], port: number): Promise<() => Promise<void>> {
  const child = launch(program, args, ['ignore', 'pipe', 'pipe']);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
  }
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const end = async () => {
    if (ended()) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  try {
    await until(`${program} listens on ${port}`, async () => {
      if (ended()) throw new Error(`${program} ended:\n${said}`);
      return answers(host, port);
    });
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/** `setpriv` (util-linux) keeps the pid and lets the kernel end the server should the test process be killed. */
function launch(
  program: string,
  args: readonly string[],
  stdio: ['pipe' | 'ignore', 'pipe' | 'ignore', 'pipe'],
): ChildProcess {
  const user = asRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...user, program, ...args], { stdio });
}

async function createFolder(name: string) {
  const folder = await mkdtemp(join(tmpdir(), `upsync-${name}-`));
  await give(folder);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function give(path: string): Promise<void> {
  if (asRoot) await chown(path, nobody, nobody);
}

async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(host, 1);
  return port;
}

/** On the path, or where Debian keeps what only root has on it. */
function find(...names: readonly string[]): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no ${names.join(' and no ')}: run \`npm run setup\``);
  return found;
}
