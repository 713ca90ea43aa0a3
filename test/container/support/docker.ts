import { randomUUID } from 'node:crypto';
import { execa } from 'execa';

/** Runs the docker command line, for what testcontainers has no word for. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa('docker', args);
  return stdout;
}

export interface Volume extends AsyncDisposable {
  readonly name: string;
}

export async function createVolume(): Promise<Volume> {
  const name = `upsync-test-${randomUUID()}`;
  await docker('volume', 'create', name);
  return {
    name,
    async [Symbol.asyncDispose]() {
      await docker('volume', 'rm', name);
    },
  };
}

/** Runs a shell command in a container of its own that shares a volume, at /shared. */
export async function runBeside(volume: Volume, command: string): Promise<string> {
  const mount = `${volume.name}:/shared`;
  return docker('run', '--rm', '--volume', mount, 'upsync-test/debian', 'timeout', '20', 'sh', '-c', command);
}

/** Waits for a line in a container's log, of those since its present start. */
export async function logged(id: string, pattern: RegExp): Promise<string> {
  const started = await docker('inspect', '--format', '{{.State.StartedAt}}', id);
  // The engine notes the start after the fact: what a quick program wrote first is dated before it.
  const since = new Date(Date.parse(started) - 200).toISOString();
  const log = execa('docker', ['logs', '--follow', '--since', since, id], { all: true, reject: false });
  for await (const line of log.iterable({ from: 'all' })) {
    if (pattern.test(line)) {
      log.kill();
      return line;
    }
  }
  throw new Error(`the container ended, and its log has no ${pattern}`);
}

/** All that a container has written, over all its starts. */
export async function logOf(id: string): Promise<string> {
  const { all } = await execa('docker', ['logs', id], { all: true });
  return all;
}

/**
 * A container's address, which may be another after each start. From this machine no port has to be
 * published.
 */
export async function addressOf(id: string, network: string): Promise<string> {
  return docker('inspect', '--format', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, id);
}
