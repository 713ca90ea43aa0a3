import type { Registered } from './service.ts';

/*
 * What the registrar owns bears its mark, in the service's meta: the owner, which is the Docker engine's
 * own id unless told, and the container. So two registrars on two hosts may write to one agent: neither
 * touches what bears the other's mark. The engine's id stays when its host is renamed, and so what was
 * registered under the old name is still known for its own.
 */
const ownerKey = 'upsync-registrar';
const containerKey = 'upsync-container';

export function marksOf(owner: string, container: string): Readonly<Record<string, string>> {
  return { [ownerKey]: owner, [containerKey]: shortId(container) };
}

/** Undefined for a service that no registrar of ours has registered. */
export function ownerOf({ meta }: Pick<Registered, 'meta'>): string | undefined {
  return meta[ownerKey];
}

export function isOf({ meta }: Pick<Registered, 'meta'>, container: string): boolean {
  return meta[containerKey] === shortId(container);
}

/** As Docker prints it. */
export function shortId(container: string): string {
  return container.slice(0, 12);
}

/*
 * The reason of a maintenance that the registrar began, and so may end. The time is in it because it
 * must outlast the registrar: the container that was told to stop then goes on stopping when the next one
 * looks.
 */
const prefix = 'upsync-registrar: ';
const stopping = `${prefix}told to stop at `;

export const pausedReason = `${prefix}paused`;

export function stoppingReason(since: number): string {
  return `${stopping}${new Date(since).toISOString()}`;
}

export function failedReason(exitCode: number): string {
  return `${prefix}exited with code ${exitCode}`;
}

export function isOurReason(reason: string | undefined): boolean {
  return reason?.startsWith(prefix) === true;
}

/** When its container was told to stop, in ms since the epoch, if that is why it is in maintenance. */
export function stoppingSince(reason: string | undefined): number | undefined {
  if (reason === undefined || !reason.startsWith(stopping)) return undefined;
  const since = Date.parse(reason.slice(stopping.length));
  return Number.isNaN(since) ? undefined : since;
}
