import type { Action } from '../registrar/action.ts';
import { describeCheck } from '../registrar/check.ts';
import type { Registered, Service } from '../registrar/service.ts';
import type { Line } from './line.ts';

/** What was written to the agent, in words. */
export function actionLine(action: Action): Line {
  const { name, id } = action.service;
  const line = (level: Line['level'], text: string): Line => ({
    level,
    text: `${name}  ${text}`,
    fields: { event: action.kind, service: name, id, address: addressOf(action.service) },
  });
  switch (action.kind) {
    case 'register':
      return line('info', registered(action.service, action.before));
    case 'deregister':
      return line('info', `− ${place(action.service)}`);
    case 'maintain':
      return line('info', `~ ${place(action.service)} in maintenance: ${reasonOf(action.reason)}`);
    case 'endMaintenance':
      return line('info', `~ ${place(action.service)} is back from maintenance`);
    case 'dropCheck':
      return line('info', `~ ${place(action.service)} has no check any more`);
    case 'report': {
      const { report, before } = action;
      const text = `~ ${place(action.service)} ${report.status}: ${report.output}`;
      return line(before === report.status ? 'debug' : 'info', text);
    }
  }
}

export function addressOf({ address, port }: Pick<Service, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function registered(service: Service, before: Registered | undefined): string {
  if (before === undefined) return `+ ${place(service)}${checked(service)}`;
  const moved = addressOf(before) === addressOf(service) ? '' : `, was ${addressOf(before)}`;
  return `~ ${place(service)} registered anew${moved}${checked(service)}`;
}

function checked({ check }: Service): string {
  return check === undefined ? '' : `, check: ${describeCheck(check)}`;
}

function place(service: Pick<Service, 'address' | 'port' | 'id'>): string {
  return `${addressOf(service)} (${service.id})`;
}

/** Who wrote it is known here. */
function reasonOf(reason: string): string {
  return reason.replace(/^upsync-registrar: /, '');
}
