import { z } from 'zod';
import { duration } from '../duration.ts';
import { absoluteDestination, path, upstreamName } from '../names.ts';
import type { Issues } from './keys.ts';
import { fileKeys } from './templates.ts';

const template = z.strictObject({
  source: path.describe('an Eta template'),
  destination: absoluteDestination.describe('the file it becomes: an absolute path'),
  ...fileKeys({ mode: 'those that it has, or 0644', owner: 'those that it has, or those of upsync' }),
});

const argv = z
  .array(
    z.string().refine((text) => !text.includes('\0'), 'not an argument; it holds a character that none can'),
    {
      error: ({ input }) =>
        typeof input === 'string' ? 'not a list; no shell reads it: write [PROGRAM, ARGUMENT, …]' : undefined,
    },
  )
  .min(1)
  .refine(([program]) => program !== '', 'no program; the first of the list is one');

/** Whether it names what is staged. */
const namesStaged = (command: readonly string[]) => command.some((part) => /\{(file|dir)\}/.test(part));

const unit = z.strictObject({
  templates: z.array(template).min(1).describe('its files; they go together'),
  quoting: z
    .enum(['none', 'nginx'])
    .default('none')
    .describe(
      'how <%= … %> writes a value. none: as it is, but never more than a line; nginx: as one word of nginx, for another nginx',
    ),
  test: argv
    .refine(
      namesStaged,
      'does not name what it is to test; write {file} for the first file, or {dir}, where all lie at their absolute paths',
    )
    .optional()
    .describe(
      'a program and its arguments that says whether the files are good: {file} is the first of them, in {dir} all lie at their absolute paths',
    ),
  reload: argv
    .refine(
      (command) => !namesStaged(command),
      'names what is staged, which is no more by then; write the destination',
    )
    .optional()
    .describe(
      'a program and its arguments that makes the other one read its files; default: it watches them',
    ),
  timeout: duration({ least: 100 }).prefault('30s').describe('how long each of the two may take'),
});

export const units = z.record(upstreamName, unit).superRefine(differ);

type Units = Readonly<Record<string, { readonly templates: readonly { readonly destination: string }[] }>>;

/** Two that write one file would do so for ever. */
function differ(units: Units, issues: Issues): void {
  const seen = new Set<string>();
  for (const [name, { templates }] of Object.entries(units)) {
    templates.forEach(({ destination }, at) => {
      if (seen.has(destination))
        issues.addIssue({
          code: 'custom',
          path: [name, 'templates', at, 'destination'],
          message: 'two templates write this file; choose another name',
        });
      seen.add(destination);
    });
  }
}
