import { isDeepStrictEqual } from 'node:util';
import type { Action } from './action.ts';
import { describeCheck } from './check.ts';
import { isOurReason } from './marks.ts';
import type { Desired, Registered, Service } from './service.ts';

/** The writes that bring one service in step, maintenance to begin first. */
export function stepsFor(
  { service, maintenance }: Desired,
  present: Registered | undefined,
  isDue: (service: Service) => boolean,
): readonly Action[] {
  if (present === undefined) {
    // What is on its way out, and is not there, need not come back for that.
    return maintenance === undefined ? [{ kind: 'register', service, before: undefined }] : [];
  }
  const actions: Action[] = [];
  if (maintenance !== undefined) actions.push(...maintain(present, maintenance));
  if (differs(service, present)) actions.push({ kind: 'register', service, before: present });
  if (service.check === undefined && present.check !== undefined) {
    actions.push({ kind: 'dropCheck', service: present });
  }
  if (service.check?.kind === 'kept' && present.check !== undefined) {
    const { report } = service.check;
    const before = present.check.status;
    // The agent keeps a check's state over a new registration.
    if (before !== report.status || isDue(service)) {
      actions.push({ kind: 'report', service: present, report, before });
    }
  }
  if (maintenance === undefined && isOurReason(present.maintenance)) {
    actions.push({ kind: 'endMaintenance', service: present });
  }
  return actions;
}

/** Nothing to do where it is in maintenance already, whoever began it. */
export function maintain(service: Registered, reason: string): readonly Action[] {
  return service.maintenance === undefined ? [{ kind: 'maintain', service, reason }] : [];
}

function differs(
  { check, ...service }: Service,
  { check: presentCheck, maintenance, ...present }: Registered,
): boolean {
  if (check !== undefined && describeCheck(check) !== presentCheck?.notes) return true;
  return !isDeepStrictEqual(service, present);
}
