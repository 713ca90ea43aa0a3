import { constants } from 'node:os';

/** The number of a container's stop signal, which may be written `SIGQUIT`, `QUIT`, `3` or `RTMIN+3`; SIGTERM for none. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  const [, realTime] = /^SIGRTMIN\+(\d+)$/.exec(name) ?? [];
  // The C library keeps the first two for itself.
  if (realTime !== undefined) return 34 + Number(realTime);
  const known: Readonly<Record<string, number>> = constants.signals;
  return known[name] ?? constants.signals.SIGTERM;
}
