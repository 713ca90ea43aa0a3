import type { Problem } from '../pipeline/problem.ts';
import type { Action } from './action.ts';
import type { Registry } from './ports.ts';

/** Writes to the agent; returns what it refuses, and throws where it is out of reach. */
export function perform(
  action: Action,
  registry: Registry,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { id } = action.service;
  switch (action.kind) {
    case 'register':
      return registry.register(action.service, signal);
    case 'deregister':
      return registry.deregister(id, signal);
    case 'maintain':
      return registry.maintain(id, action.reason, signal);
    case 'endMaintenance':
      return registry.maintain(id, undefined, signal);
    case 'dropCheck':
      return registry.dropCheck(id, signal);
    case 'report':
      return registry.report(id, action.report, signal);
  }
}
