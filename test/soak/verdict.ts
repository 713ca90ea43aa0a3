import type { Try } from '../../demo/request.ts';

/** What became of a request, as far as it can be told from the answer alone. */
export type Answer =
  | { readonly kind: 'answered'; readonly by: string }
  /** nginx says that the service has nobody: 503, or 502 where there is no upstream of that name. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'failed'; readonly why: string; readonly tried: string };

export function answerOf(found: Try): Answer {
  if (found.kind === 'reset') return { kind: 'failed', why: 'reset twice', tried: '' };
  if (found.kind === 'failed') return { kind: 'failed', why: found.why, tried: '' };
  const { status, body, tried } = found;
  if (status === 200) return { kind: 'answered', by: body };
  if (status === 503 || (status === 502 && tried === '')) return { kind: 'unavailable' };
  return { kind: 'failed', why: `status ${status}`, tried };
}

export function answerInWords(answer: Answer): string {
  switch (answer.kind) {
    case 'answered':
      return `${answer.by} answered`;
    case 'unavailable':
      return 'nobody answered (503)';
    case 'failed':
      return `${answer.why}${answer.tried === '' ? '' : ` after trying ${answer.tried}`}`;
  }
}
