import type { Holds } from './guard.ts';
import type { Outcome } from './outcome.ts';
import type { PutOff } from './put-off.ts';
import type { Query } from './query.ts';
import type { View } from './view.ts';

/** What one pass leaves for the next. Times are in ms since the epoch. */
export interface Memory {
  readonly startedAt: number;
  /** A pass was made: all that the first publish waits for was there, or was waited for long enough. */
  readonly begun: boolean;
  readonly holds: Holds;
  /** What came or went by discovery, and nginx did not take. */
  readonly putOff: PutOff;
  /** What nginx was given last: for the day when the disk has lost it. */
  readonly view?: View;
  /** What the disk lost of that is not back yet, and was told. */
  readonly isDamaged?: boolean;
  /** Files that nginx refused or did not come to run: tried again when they change, or after a while. */
  readonly barred?: Barred;
  /** The pass before gave way to newer answers: this one goes through, or a steady stream would starve them all. */
  readonly superseded?: boolean;
  /** The pass before had to wait with its files: this one asks first whether it still has to. */
  readonly held?: boolean;
  /** Since when it has waited for its turn to reload; whatever becomes of the files meanwhile, it is one wait. */
  readonly queuedAt?: number;
  /** What templates asked for when they were last rendered. */
  readonly used?: readonly Query[];
  /** Since when templates wait for something that is not there. */
  readonly lackingSince?: number;
  /** When nginx last reloaded for us. */
  readonly reloadedAt?: number;
}

interface Barred {
  readonly digest: string;
  readonly failures: number;
  readonly until: number;
}

/**
 * The fault may lie outside the files (a certificate, a port, the disk) and end: the wait doubles between
 * these, in ms. Whatever ends is made up for within 5 s, the try itself included.
 */
const firstRetry = 1000;
const lastRetry = 4000;
/** Where a try takes nginx down for as long as the proof may take, nobody is to notice it often. */
const firstHurt = 60_000;
const lastHurt = 3_600_000;

export function freshMemory(now: number): Memory {
  return { startedAt: now, begun: false, holds: new Map(), putOff: new Map() };
}

/** The memory after files of `digest` fared so. */
export function remember(
  { lackingSince: _, ...memory }: Memory,
  digest: string,
  outcome: Outcome,
  now: number,
): Memory {
  const { barred, superseded: __, held: ___, queuedAt, ...rest } = memory;
  // Templates are tried again when they change, and not before.
  if (outcome.kind === 'rejected' && outcome.stage === 'render') return rest;
  switch (outcome.kind) {
    case 'rejected':
    case 'rolledBack':
    case 'failed': {
      const failures = (barred?.digest === digest ? barred.failures : 0) + 1;
      const hurts = outcome.kind === 'rolledBack' && outcome.hurt === true;
      const [first, last] = hurts ? [firstHurt, lastHurt] : [firstRetry, lastRetry];
      const delay = Math.min(last, first * 2 ** (failures - 1));
      return { ...rest, barred: { digest, failures, until: now + delay } };
    }
    case 'published':
      return outcome.proof.kind === 'proven' && !('pushed' in outcome.proof)
        ? { ...rest, reloadedAt: now }
        : rest;
    case 'superseded':
      return { ...memory, superseded: true };
    case 'held': {
      const { queuedAt: ____, ...kept } = memory;
      return { ...kept, held: true, ...(outcome.queued ? { queuedAt: queuedAt ?? now } : {}) };
    }
    case 'waiting':
      return memory;
    case 'lacking':
      return { ...rest, lackingSince: outcome.since };
    case 'unchanged':
    case 'accepted':
      return rest;
  }
}
