import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binary as consulBinary } from '../../test/bed/consul.ts';
import { findConsulTemplate, versionOf } from '../tools/consul-template.ts';
import { nginxVersion } from './gateway.ts';

const run = promisify(execFile);

/** `2 cores of Intel(R) Xeon(R) Processor, 23 GiB, Linux 6.1.0`. */
export function machine(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores of ${cores[0]?.model ?? 'unknown'}, ${memory} GiB, ${type()} ${release().split('-')[0]}`;
}

export async function versions(): Promise<Record<string, string>> {
  const consul = await run(consulBinary(), ['version']);
  const consulTemplate = findConsulTemplate();
  return {
    upsync: await commit(),
    ...(consulTemplate === undefined ? {} : { 'consul-template': await versionOf(consulTemplate) }),
    nginx: await nginxVersion(),
    Consul: /v([\d.]+)/.exec(consul.stdout)?.[1] ?? 'unknown',
    Node: process.versions.node,
  };
}

/** With a plus where files differ from it; `unknown` outside a clone. */
async function commit(): Promise<string> {
  const cwd = join(import.meta.dirname, '../..');
  const git = (...args: string[]) =>
    run('git', args, { cwd }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
  const [hash, changed] = [
    await git('rev-parse', '--short', 'HEAD'),
    await git('status', '--porcelain', 'src'),
  ];
  return hash === undefined ? 'unknown' : `${hash}${changed === '' ? '' : '+'}`;
}
