import { join } from 'node:path';
import { type Child, startScript } from './child.ts';
import { DrillProblem } from './problem.ts';
import type { Screen } from './screen.ts';

export interface SidecarOptions {
  readonly consul: string;
  readonly nginxConf: string;
  readonly output: string;
  readonly via: string;
  /** Where its status is told, on 127.0.0.1; nowhere without. */
  readonly statusPort?: number;
}

const script = join(import.meta.dirname, '../src/main.ts');

/** upsync itself, as a person would start it, and as coloured as they would see it. */
export function startSidecar(options: SidecarOptions, screen: Screen): Child {
  const env = { ...environment(), ...(screen.coloured ? { FORCE_COLOR: '1' } : {}) };
  return startScript(script, flags(options), { env, onLine: screen.upsync });
}

/** Writes the first release, which answers 503, so that nginx can start before anything is known. */
export async function seed(options: SidecarOptions): Promise<void> {
  const said: string[] = [];
  const args = [...flags(options), '--once', '--apply', '--seed'];
  await using child = startScript(script, args, { env: environment(), onLine: (line) => said.push(line) });
  const end = await child.ended;
  if (end !== 'exit code 0') {
    throw new DrillProblem(`upsync --once --apply --seed ended with ${end}:\n${said.join('\n')}`);
  }
}

function flags({ consul, nginxConf, output, statusPort, via }: SidecarOptions): readonly string[] {
  const follow = ['--service', 'web1', '--service', 'web2', '--consul', consul];
  const listen = statusPort === undefined ? 'off' : `127.0.0.1:${statusPort}`;
  return [
    ...follow,
    '--listen',
    listen,
    '--nginx-conf',
    nginxConf,
    '--output',
    output,
    '--via',
    via,
    '--log-format',
    'pretty',
  ];
}

/** Without what the person's shell has set for a Consul or an upsync of their own, and for colours. */
function environment(): NodeJS.ProcessEnv {
  const theirs = /^(CONSUL|UPSYNC)_|^(NO|FORCE)_COLOR$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !theirs.test(name)));
}
