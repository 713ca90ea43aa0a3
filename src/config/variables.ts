import type { Problem } from '../pipeline/problem.ts';
import type { Environment } from './given.ts';
import { nearest } from './nearest.ts';
import { registerSettings } from './register-settings.ts';
import { settings, variable } from './settings.ts';

const others = ['UPSYNC_SERVICES', 'UPSYNC_CONFIG'];

/**
 * Variables that look like one of ours and are none. They are no error, since others may set variables of
 * that name: Kubernetes sets `UPSYNC_SERVICE_HOST` beside a service named upsync.
 */
export function misspeltVariables(env: Environment): readonly Problem[] {
  const tables = Object.entries({ ...settings, ...registerSettings });
  const known = [...others, ...tables.map(([key, setting]) => variable({ key, setting }))];
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('UPSYNC_') || known.includes(name) || /_(HOST|PORT)(_|$)/.test(name)) return [];
    const own = (text: string) => text.slice('UPSYNC_'.length);
    const guess = nearest(own(name), known.map(own));
    return guess === undefined
      ? []
      : [{ what: `the variable ${name} means nothing here`, remedy: `did you mean UPSYNC_${guess}?` }];
  });
}
