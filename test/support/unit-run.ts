import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Event } from '../../src/pipeline/event.ts';
import { loop } from '../../src/pipeline/loop.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { assembleUnit } from '../../src/units.ts';

/** A unit of two files that hold the same text, and a program that notes both of them when it is told. */
export const unitFiles = ['a.cfg', 'b.cfg'] as const;

/** Lays the program, and its files as they are before upsync comes, if they are. */
export async function layProgram(folder: string, before?: string): Promise<void> {
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'out'));
  const files = unitFiles.map((name) => join(folder, 'etc', name));
  if (before !== undefined) for (const path of files) writeFileSync(path, before);
  const reload = join(folder, 'reload');
  await writeFile(
    reload,
    `#!/bin/sh\ncat ${folder}/etc/*.cfg > ${folder}/ran.new && mv ${folder}/ran.new ${folder}/ran\n`,
  );
  await chmod(reload, 0o755);
}

/** What the program read when it was last told. */
export function ran(folder: string): Promise<string> {
  return readFile(join(folder, 'ran'), 'utf8').catch(() => '');
}

/** Runs the unit as the daemon does, until a pass had its way with this text in these files. */
export async function runUnit(
  folder: string,
  text: string,
  names: readonly string[] = unitFiles,
  note: (event: Event) => void = () => undefined,
): Promise<void> {
  const source = join(folder, 'file.eta');
  writeFileSync(source, text);
  const ended = new AbortController();
  const given = {
    flags: new Map<string, string>(),
    services: ['none'],
    file: undefined,
    env: {},
    cwd: folder,
  };
  const config = await loadConfig(given);
  const list = names.map((name) => ({ source, destination: join(folder, 'etc', name) }));
  const unit = assembleUnit(
    {
      plan: {
        name: 'x',
        files: list.map(({ destination }) => ({ path: destination })),
        test: ['test', '-f', '{file}'],
        reload: [join(folder, 'reload')],
        timeout: 10_000,
      },
      templates: { kind: 'list', list },
      quoting: 'none',
    },
    {
      ...config,
      output: join(folder, 'out'),
      plan: { ...config.plan, upstreams: [], wait: { min: 0, max: 0 } },
    },
    {
      assertHeld: async () => undefined,
      feed: { want: () => undefined, snapshot: () => new Map() },
      report(event) {
        if (event.type !== 'unit') return;
        note(event.event);
        if (event.event.type !== 'reconciled') return;
        const { kind } = event.event.outcome;
        if (kind === 'published' || kind === 'unchanged') ended.abort();
      },
    },
  );
  await recover(unit.pipeline, ended.signal);
  await loop(unit.pipeline, unit.bell, ended.signal);
}
