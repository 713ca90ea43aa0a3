import { existsSync } from 'node:fs';
import type { Gateway } from '../pipeline/ports.ts';
import { type Applied, filesOf, type UnitPlan } from '../pipeline/unit.ts';
import { runCommand } from './run.ts';

/**
 * Another program than nginx, which can be told of its files and not be asked what it runs: it runs what it was last
 * told with success.
 */
export function createProgram({ name, files, test, reload, timeout }: UnitPlan, applied: Applied): Gateway {
  const key = `units.${name}`;
  return {
    async running() {
      return { kind: 'running', digest: await applied.read(), draining: 0 };
    },
    settle: async () => undefined,
    async test(candidate, signal) {
      const dir = filesOf((await candidate).folder);
      const file = `${dir}${files[0]?.path ?? ''}`;
      if (!existsSync(file))
        return { kind: 'refused', problems: [{ what: 'there are no files', where: key }] };
      if (test === undefined) return { kind: 'accepted', warnings: [] };
      const problem = await runCommand(
        test.map((part) => part.replaceAll('{file}', () => file).replaceAll('{dir}', () => dir)),
        // It is about what the files will be.
        { where: `${key}.test`, timeout, restore: (output) => output.replaceAll(dir, '') },
        signal,
      );
      return problem === undefined
        ? { kind: 'accepted', warnings: [] }
        : { kind: 'refused', problems: [problem] };
    },
    async apply({ digest }, signal) {
      await applied.forget();
      const problem =
        reload === undefined
          ? undefined
          : await runCommand(reload, { where: `${key}.reload`, timeout }, signal);
      if (problem !== undefined) return { kind: 'unproven', problem };
      await applied.note(digest);
      return { kind: 'proven', by: reload === undefined ? 'files' : 'command' };
    },
  };
}
