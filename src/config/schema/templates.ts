import { z } from 'zod';
import { destination, path } from '../names.ts';
import type { Issues } from './keys.ts';

/** Permission bits: YAML would read digits without quotes as another number. */
const mode = z
  .string()
  .regex(/^0?[0-7]{3}$/, 'not a mode; write three octal digits in quotes, such as "0644"')
  .transform((text) => Number.parseInt(text, 8));

/** As chown(1) takes it; `ownerOf` finds the numbers. */
const owner = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]*\$?(:[A-Za-z0-9_][A-Za-z0-9._-]*\$?)?$/,
    'not an owner; write user, or user:group, by name or number',
  );

/** What a template may say of the file that it becomes; each kind of file has its own defaults. */
export function fileKeys(defaults: { readonly mode: string; readonly owner: string }) {
  return {
    mode: mode.optional().describe(`permission bits of the file, such as "0640"; default: ${defaults.mode}`),
    owner: owner
      .optional()
      .describe(
        `user or user:group that the file is given to, by name or number; default: ${defaults.owner}`,
      ),
  };
}

const template = z.strictObject({
  source: path.describe('an Eta template'),
  destination: destination.describe(
    'the file it becomes: http/NAME, stream/NAME, NAME for http, or an absolute path outside of the managed folder',
  ),
  ...fileKeys({ mode: '0644 within the umask', owner: 'those of upsync' }),
});

export const templates = z.union([path, z.array(template).min(1).superRefine(differ)]);

function differ(templates: readonly { destination: string }[], issues: Issues): void {
  templates.forEach(({ destination }, at) => {
    if (templates.findIndex((other) => other.destination === destination) === at) return;
    issues.addIssue({
      code: 'custom',
      path: [at, 'destination'],
      message: 'two templates write this file; choose another name',
    });
  });
}
