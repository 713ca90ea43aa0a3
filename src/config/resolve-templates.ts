import { resolve } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { TemplateConfig, TemplatesConfig } from './config.ts';
import type { Merged } from './merge.ts';
import { ownerOf } from './owner.ts';
import type { Settings } from './schema.ts';

/** Paths absolute, owners by number. Throws ProblemError for an owner that is not known, and a destination in `output`. */
export async function resolveTemplates(
  given: Settings['templates'],
  output: string,
  from: Merged,
): Promise<TemplatesConfig> {
  const absolute = (path: string) => resolve(from.folderOf('templates'), path);
  if (given === undefined) return { kind: 'builtin' };
  if (typeof given === 'string') return { kind: 'folder', folder: absolute(given) };
  const list = given.map(async ({ source, destination, mode, owner }, at): Promise<TemplateConfig> => {
    const where = (key: string) => from.where(['templates', at, key]);
    if (`${destination}/`.startsWith(`${output}/`)) throw managed(destination, where('destination'));
    return {
      source: absolute(source),
      destination,
      ...(mode === undefined ? {} : { mode }),
      ...(owner === undefined ? {} : { owner: await ownerOf(owner, where('owner')) }),
    };
  });
  return { kind: 'list', list: await Promise.all(list) };
}

function managed(destination: string, where: string): ProblemError {
  return new ProblemError({
    what: `${destination} lies in the managed folder, where only releases write`,
    where,
    remedy: 'write http/NAME or stream/NAME for a file in it, or choose a path elsewhere',
  });
}
