import { z } from 'zod';
import { destination, path } from '../names.ts';
import type { Issues } from './keys.ts';

const template = z.strictObject({
  source: path.describe('an Eta template'),
  destination: destination.describe('the file it becomes: http/NAME, stream/NAME, or NAME for http'),
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
