import type { Status } from '../status/schema.ts';
import { type Attempt, type Finding, ok, warn } from './finding.ts';

export interface UpsyncFacts {
  /** What the one that works on the folder says of itself, or why nobody does. */
  readonly status: Attempt<Pick<Status, 'pid' | 'version' | 'blocked'>>;
  /** Whether any has worked on it. */
  readonly hasRelease: boolean;
}

/** The upsync that keeps nginx in step. Only it knows what it tried in vain. */
export function checkUpsync({ status, hasRelease }: UpsyncFacts): Finding[] {
  if ('problem' in status) {
    return hasRelease ? [warn('upsync', status.problem)] : [ok('upsync', 'none works on the folder yet')];
  }
  const { pid, version, blocked } = status.value;
  const problems = (blocked?.problems ?? []).map(({ what, where, remedy }) =>
    warn('upsync', { what, ...(where !== null && { where }), ...(remedy !== null && { remedy }) }),
  );
  return [ok('upsync', `upsync ${version} works on the folder (pid ${pid})`), ...problems];
}
