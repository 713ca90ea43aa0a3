/**
 * The nginx that upsync itself runs (`exec`):
 *
 *   waiting ──startable──▶ starting ──started──▶ running ──stop──▶ stopping ──ended──▶ ended
 *                             ▲ └───found──▶ adopted ─┐               quit → term → kill
 *                             └────────gone───────────┘
 *
 * One that runs already, since an upsync before this one was killed, is never doubled: it is followed as a sidecar
 * does, and left alone at the end.
 */
export type Supervised =
  /** For a release that nginx can start with. */
  | { readonly kind: 'waiting' }
  /** It is looked whether one stands already. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly pid: number }
  | { readonly kind: 'adopted'; readonly pid: number }
  /** `until`: when the next stage comes, in ms since the epoch; undefined where it may take as long as it takes. */
  | {
      readonly kind: 'stopping';
      readonly pid: number;
      readonly stage: Stage;
      readonly until: number | undefined;
    }
  /** `code` is what upsync ends with. */
  | { readonly kind: 'ended'; readonly code: number; readonly why: Why };

/** How nginx is asked to end: gracefully, at once, or not asked. */
export type Stage = 'quit' | 'term' | 'kill';

/** `left`: it was not there, or goes on without us. */
type Why = 'asked' | 'by itself' | 'not started' | 'left';

export type Input =
  | { readonly type: 'startable' }
  | { readonly type: 'found'; readonly pid: number }
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'notStarted'; readonly code: number }
  /** An adopted one is there no more. */
  | { readonly type: 'gone' }
  /** Where it was ended by a `signal`, is 128 and that signal's number, as shells have it. */
  | { readonly type: 'ended'; readonly code: number; readonly signal: string | undefined }
  /** `patience`: ms for requests under way; undefined for as long as it takes. */
  | { readonly type: 'stop'; readonly now: number; readonly patience: number | undefined }
  /** Whoever asked it to stop asks again. */
  | { readonly type: 'hurry'; readonly now: number }
  /** Time has gone by. */
  | { readonly type: 'tick'; readonly now: number };

/** How long nginx has to end after SIGTERM, which lets no request finish, in ms. */
const termPatience = 5_000;

/** The state after an input. The same object where that means nothing to it. */
export function supervise(state: Supervised, input: Input): Supervised {
  switch (input.type) {
    case 'startable':
      return state.kind === 'waiting' ? { kind: 'starting' } : state;
    case 'found':
      return state.kind === 'starting' ? { kind: 'adopted', pid: input.pid } : state;
    case 'started':
      return state.kind === 'starting' ? { kind: 'running', pid: input.pid } : state;
    case 'notStarted':
      return state.kind === 'starting' ? { kind: 'ended', code: input.code, why: 'not started' } : state;
    case 'gone':
      return state.kind === 'adopted' ? { kind: 'starting' } : state;
    case 'ended':
      if (state.kind === 'running') return { kind: 'ended', code: input.code, why: 'by itself' };
      return state.kind === 'stopping' ? { kind: 'ended', code: askedCode(input), why: 'asked' } : state;
    case 'stop':
      return stop(state, input.now, input.patience);
    case 'hurry':
      return state.kind === 'stopping' ? further(state, input.now) : state;
    case 'tick': {
      if (state.kind !== 'stopping') return state;
      return state.until !== undefined && input.now >= state.until ? further(state, input.now) : state;
    }
  }
}

/** Before nginx has read its configuration, what asks it to end ends it at once: that is no failure. */
function askedCode({ code, signal }: Extract<Input, { type: 'ended' }>): number {
  return signal === signals.quit || signal === signals.term ? 0 : code;
}

function stop(state: Supervised, now: number, patience: number | undefined): Supervised {
  const until = patience === undefined ? undefined : now + patience;
  switch (state.kind) {
    case 'running':
      return { kind: 'stopping', pid: state.pid, stage: 'quit', until };
    case 'stopping':
      // It was to take as long as it takes: now there is a limit.
      return state.until === undefined && state.stage === 'quit' && until !== undefined
        ? { ...state, until }
        : state;
    case 'ended':
      return state;
    default:
      return { kind: 'ended', code: 0, why: 'left' };
  }
}

function further(state: Extract<Supervised, { kind: 'stopping' }>, now: number): Supervised {
  switch (state.stage) {
    case 'quit':
      return { ...state, stage: 'term', until: now + termPatience };
    case 'term':
      return { ...state, stage: 'kill', until: undefined };
    case 'kill':
      return state;
  }
}

const signals = { quit: 'SIGQUIT', term: 'SIGTERM', kill: 'SIGKILL' } as const;

/** What nginx is sent as one state follows another. */
export function signalFor(before: Supervised, after: Supervised): (typeof signals)[Stage] | undefined {
  if (after.kind !== 'stopping') return undefined;
  return before.kind === 'stopping' && before.stage === after.stage ? undefined : signals[after.stage];
}
