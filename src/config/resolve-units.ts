import { resolve } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { UnitFile } from '../pipeline/unit.ts';
import type { Config, UnitConfig } from './config.ts';
import type { Merged } from './merge.ts';
import { ownerOf } from './owner.ts';
import type { Settings } from './schema.ts';

type Unit = Settings['units'][string];

/** Paths absolute, owners by number. Throws ProblemError for an owner that is not known, and a file that is nginx's. */
export async function resolveUnits(
  given: Settings['units'],
  nginx: Pick<Config, 'output' | 'templates'>,
  from: Merged,
): Promise<readonly UnitConfig[]> {
  const names = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(names.map(([name, unit]) => resolveUnit(name, unit, nginx, from)));
}

async function resolveUnit(
  name: string,
  { templates, test, reload, timeout, quoting }: Unit,
  nginx: Pick<Config, 'output' | 'templates'>,
  from: Merged,
): Promise<UnitConfig> {
  const absolute = (path: string) => resolve(from.folderOf('units'), path);
  const files = templates.map(async ({ destination, mode, owner }, at): Promise<UnitFile> => {
    const where = (key: string) => from.where(['units', name, 'templates', at, key]);
    refuseNginx(destination, nginx, where('destination'));
    return {
      path: destination,
      mode,
      owner: owner === undefined ? undefined : await ownerOf(owner, where('owner')),
    };
  });
  const list = templates.map(({ source, destination }) => ({ source: absolute(source), destination }));
  // A bare name is looked for on PATH.
  const command = ([program = '', ...args]: readonly string[]) => [
    program.includes('/') ? absolute(program) : program,
    ...args,
  ];
  return {
    plan: {
      name,
      files: await Promise.all(files),
      test: test === undefined ? undefined : command(test),
      reload: reload === undefined ? undefined : command(reload),
      timeout,
    },
    templates: { kind: 'list', list },
    quoting,
  };
}

function refuseNginx(
  destination: string,
  { output, templates }: Pick<Config, 'output' | 'templates'>,
  where: string,
): void {
  const isManaged = `${destination}/`.startsWith(`${output}/`);
  const isTaken = templates.kind === 'list' && templates.list.some((one) => one.destination === destination);
  if (!isManaged && !isTaken) return;
  throw new ProblemError({
    what: `${destination} is ${isManaged ? 'in the managed folder' : 'a file of nginx by templates'}`,
    where,
    remedy: 'choose a path elsewhere',
  });
}
