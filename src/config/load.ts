import { resolve } from 'node:path';
import type { Problem } from '../pipeline/problem.ts';
import type { Config } from './config.ts';
import { consulEnvironment } from './consul-environment.ts';
import type { ConfigFile } from './file.ts';
import { type Environment, givenValues } from './given.ts';
import { merge } from './merge.ts';
import { message } from './messages.ts';
import { together, toProblems } from './problems.ts';
import { resolveConfig } from './resolve.ts';
import { outputSchema, type Settings, schema } from './schema.ts';
import { askedServices } from './services.ts';

/** What a run was given; the file and the token's file are read anew by each `loadConfig`. */
export interface Sources {
  /** Values by flag, as typed: `--consul` to its URL. */
  readonly flags: ReadonlyMap<string, string>;
  /** Each `[UPSTREAM=]NAME` of `--service`. */
  readonly services: readonly string[];
  /** `upsync.yaml`, if one was named by flag; UPSYNC_CONFIG names it otherwise. */
  readonly file: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * The configuration from flags, then `UPSYNC_…` variables, then the file, then Consul's own variables,
 * then defaults. Throws ProblemError with everything that is wrong with it, and never a secret.
 */
export async function loadConfig({ flags, services, file, env, cwd }: Sources): Promise<Config> {
  const name = file ?? env.UPSYNC_CONFIG ?? '';
  const values = givenValues(flags, env);
  const named = askedServices(services, env);
  const merged = merge({
    file: await fileNamed(name, cwd),
    below: consulEnvironment(env),
    above: values.given,
    services: named.asked,
    cwd,
  });
  const problems = [...values.problems, ...named.problems, ...merged.problems];
  const parsed = schema.safeParse(merged.root, { error: message });
  if (!parsed.success) throw together([...problems, ...toProblems(parsed.error.issues, merged.where)]);
  if (problems.length > 0) throw together(problems);
  if (isIdle(parsed.data)) throw together([nothingToDo(name)]);
  return resolveConfig(parsed.data, merged, env);
}

/**
 * The managed folder alone, for those who ask an upsync that runs: what else is wrong with the
 * configuration must not keep them from it.
 */
export async function loadOutput({ flags, file, env, cwd }: Sources): Promise<string> {
  const above = givenValues(flags, env).given.filter(({ key }) => key === 'output');
  const name = above.length > 0 ? '' : (file ?? env.UPSYNC_CONFIG ?? '');
  const merged = merge({
    file: await fileNamed(name, cwd),
    below: [],
    above,
    services: [],
    cwd,
  });
  const parsed = outputSchema.safeParse(merged.root, { error: message });
  if (!parsed.success) throw together(toProblems(parsed.error.issues, merged.where));
  return resolve(merged.folderOf('output'), parsed.data.output);
}

/** YAML's parser is loaded where there is a file to parse. */
async function fileNamed(name: string, cwd: string): Promise<ConfigFile | undefined> {
  return name === '' ? undefined : (await import('./file.ts')).readConfigFile(name, cwd);
}

/** Templates may ask Consul by themselves, those of units too. */
function isIdle({ upstreams, units, discover, templates }: Settings): boolean {
  const isNamed = [upstreams, units].some((section) => Object.keys(section).length > 0);
  return !isNamed && discover.tag === '' && discover.filter === '' && templates === undefined;
}

function nothingToDo(file: string): Problem {
  return {
    what: 'no service to follow',
    ...(file === '' ? {} : { where: file }),
    remedy:
      'name one with --service NAME, with UPSYNC_SERVICES, or under upstreams: in a --config file; or find them with --discover TAG',
  };
}
