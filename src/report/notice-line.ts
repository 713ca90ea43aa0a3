import type { Notice } from '../pipeline/outcome.ts';
import { duration, type Line } from './line.ts';

/** Things that are not as they should be though the pass went on, in words. */
export function noticeLine(notice: Notice, now: number): Line {
  const fields = { event: 'notice', ...notice };
  switch (notice.kind) {
    case 'missing':
      return {
        level: 'warn',
        text: `${notice.upstream}  Consul has not answered for it; ${notice.servers === 0 ? 'it answers 503' : `keeping ${notice.servers} servers of the last release`}`,
        fields,
      };
    case 'kept': {
      const time =
        notice.until === undefined ? 'while they are registered' : `for ${duration(notice.until - now)}`;
      return {
        level: 'warn',
        text: `${notice.upstream}  ${registered(notice.registered)}, keeping ${notice.servers} ${time}`,
        fields,
      };
    }
    case 'down':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${registered(notice.registered)}, it answers 503`,
        fields,
      };
    case 'dropped':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${registered(notice.registered)}, its upstream is left out`,
        fields,
      };
    case 'held':
      return {
        level: 'warn',
        text: `${notice.upstream}  would lose ${notice.losing} of ${notice.of} servers in one step; held for ${duration(notice.until - now)}`,
        fields,
      };
    case 'doubtful':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${notice.instance} is taken, but ${notice.reason}`,
        fields,
      };
    case 'leftOut':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${notice.instance} is left out: ${notice.reason}`,
        fields,
      };
  }
}

function registered(count: number): string {
  return count === 0 ? '0 registered' : `${count} registered, none healthy`;
}
