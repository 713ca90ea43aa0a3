import type { Event } from '../pipeline/event.ts';

/** What systemd has been told of us, and what it waits for. */
export interface Readiness {
  /** `reloading`: the configuration is read, and the one before is at work; `reloaded`: it has to lead to a release. */
  readonly phase: 'starting' | 'ready' | 'reloading' | 'reloaded' | 'stopping';
  /** The digest of the release that is in place. */
  readonly release: string | undefined;
  /** The digest that nginx was last seen to run. */
  readonly running: string | undefined;
}

export const notReady: Readiness = { phase: 'starting', release: undefined, running: undefined };

export interface Told {
  readonly state: Readiness;
  /** What is to be said, as sd_notify(3) has it: `NAME=value`. Empty where there is nothing new. */
  readonly say: readonly string[];
}

/**
 * Folds an event. Ready means that a release is in place, which nginx runs or starts with; where upsync itself `starts`
 * nginx, that nginx was seen to run it. `monotonic`: µs of CLOCK_MONOTONIC.
 */
export function tell(state: Readiness, event: Event, starts: boolean, monotonic: () => bigint): Told {
  const next = note(state, event);
  if (next.phase === 'stopping')
    return { state: next, say: state.phase === 'stopping' ? [] : ['STOPPING=1', 'STATUS=stopping'] };
  if (event.type === 'process' && event.state === 'reconfiguring' && next.phase === 'ready') {
    const say = ['RELOADING=1', `MONOTONIC_USEC=${monotonic()}`, 'STATUS=reading the configuration anew'];
    return { state: { ...next, phase: 'reloading' }, say };
  }
  // The one before goes on.
  if (event.type === 'process' && event.state === 'notReconfigured' && isReload(next))
    return {
      state: { ...next, phase: 'ready' },
      say: ['READY=1', 'STATUS=the new configuration is not used'],
    };
  const { phase, release, running } = next;
  if (phase === 'ready' || phase === 'reloading' || release === undefined || (starts && running !== release))
    return { state: next, say: [] };
  const words = running === release ? 'nginx runs' : 'in place for nginx to start with:';
  return { state: { ...next, phase: 'ready' }, say: ['READY=1', `STATUS=${words} release ${release}`] };
}

function isReload({ phase }: Readiness): boolean {
  return phase === 'reloading' || phase === 'reloaded';
}

function note(state: Readiness, event: Event): Readiness {
  switch (event.type) {
    case 'process':
      if (event.state === 'reconfigured' && state.phase === 'reloading')
        return { ...state, phase: 'reloaded', release: undefined };
      return event.state === 'stopping' ? { ...state, phase: 'stopping' } : state;
    case 'reconciled': {
      const { outcome } = event;
      if (outcome.kind !== 'published' && outcome.kind !== 'unchanged') return state;
      const { digest } = outcome.release;
      const isProven = outcome.kind === 'published' && outcome.proof.kind === 'proven';
      return { ...state, release: digest, ...(isProven ? { running: digest } : {}) };
    }
    case 'observed':
      return {
        ...state,
        running: event.running.kind === 'running' ? event.running.digest : undefined,
      };
    default:
      return state;
  }
}
