import { basename } from 'node:path';
import type { Draft } from './draft.ts';
import type { Entry } from './template-entry.ts';

export interface Units {
  /** A file of another program than nginx. */
  add(entry: Entry, file: object): void;
  /** Writes them all. */
  draftTo(draft: Draft): void;
}

interface Unit {
  readonly templates: object[];
  readonly test?: readonly string[];
  readonly reload?: readonly string[];
  readonly timeout?: string;
}

export function createUnits(draft: Draft): Units {
  const units = new Map<string, Unit>();
  return {
    add(entry, file) {
      const { command, timeout, where } = entry;
      const orders =
        command?.kind === 'other'
          ? {
              ...(command.test && { test: command.test }),
              reload: command.reload,
              ...(timeout && { timeout }),
            }
          : {};
      // Files that the same command follows are one unit; a test is one of a single file.
      const mayJoin = command?.kind === 'other' && command.test === undefined;
      const key = JSON.stringify(orders);
      const same = [...units].find(([, { templates, ...own }]) => mayJoin && JSON.stringify(own) === key);
      if (same !== undefined) {
        same[1].templates.push(file);
        return;
      }
      units.set(freeName(programOf(entry), units), { ...orders, templates: [file] });
      if (command?.kind === 'other' && command.usesShell) {
        draft.say(
          'open',
          `a shell runs ${JSON.stringify(command.reload.at(-1))}, as before: a list of arguments would be safer`,
          where,
        );
      }
    },
    draftTo(to) {
      for (const [name, { templates, ...orders }] of units) to.set(`units.${name}`, { templates, ...orders });
    },
  };
}

function programOf({ command, destination }: Entry): string {
  const program = command?.kind === 'other' ? command.program : '';
  const name = program === '' ? basename(destination).replace(/\.[^.]*$/, '') : program;
  return name.replace(/[^A-Za-z0-9_-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'other';
}

function freeName(wanted: string, units: ReadonlyMap<string, unknown>): string {
  let name = wanted;
  for (let number = 2; units.has(name); number += 1) name = `${wanted}-${number}`;
  return name;
}
