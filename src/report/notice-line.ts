import type { Emptiness, Notice } from '../pipeline/outcome.ts';
import type { Subject } from '../pipeline/protocol.ts';
import { duration, type Line } from './line.ts';

/** What a notice is about: of a topic one holds at a time. */
export function topicOf(notice: Notice): string {
  switch (notice.kind) {
    case 'aside':
      return 'templates';
    case 'crowded':
      return `crowded ${notice.reason}`;
    case 'conflict':
    case 'undiscovered':
    case 'needed':
      return `${notice.kind} ${notice.upstream}`;
    case 'leftOut':
    case 'doubtful':
      return `${notice.kind} ${notice.upstream} ${notice.instance}`;
    case 'fallback':
      return `fallback ${notice.upstream}`;
    default:
      return `serving ${notice.upstream}`;
  }
}

/** That what a notice was about is over. */
export function endLine(notice: Notice): Line {
  const level = notice.kind === 'lost' || notice.kind === 'left' ? 'debug' : 'info';
  return { level, text: ending(notice), fields: { event: 'ended', ...notice } };
}

function ending(notice: Notice): string {
  switch (notice.kind) {
    case 'lost':
      return `${notice.upstream}  goes on with what is left`;
    case 'left':
      return `${notice.upstream}  has left`;
    case 'undiscovered':
      return `${notice.upstream}  nothing keeps it from being discovered any more, or it is gone`;
    case 'crowded':
      return `no more services are left undiscovered for that: ${notice.reason}`;
    case 'needed':
      return `${notice.upstream}  nginx goes without its upstream now, or its service is back`;
    case 'conflict':
      return `${notice.upstream}  the conflict over ${notice.route} is over`;
    case 'aside':
      return `the newest ${notice.of ?? 'templates'} are in use`;
    case 'fallback':
      return `${notice.upstream}  is served from its first datacenter again`;
    case 'missing':
    case 'seeded':
      return `${notice.upstream}  Consul has answered for it`;
    case 'held':
      return `${notice.upstream}  no loss is held any more`;
    case 'kept':
    case 'down':
    case 'dropped':
      return `${notice.upstream}  has healthy instances again`;
    case 'leftOut':
    case 'doubtful':
      return `${notice.upstream}  ${notice.instance} is well, or gone`;
  }
}

/** Things that are not as they should be though the pass went on, in words. */
export function noticeLine(notice: Notice, now: number): Line {
  const fields = { event: 'notice', ...notice };
  switch (notice.kind) {
    case 'missing':
      return {
        level: 'warn',
        text: `${notice.upstream}  Consul has not answered for it; ${ofLastRelease(notice)}`,
        fields,
      };
    case 'seeded':
      return {
        level: 'info',
        text: `${notice.upstream}  Consul is not asked; ${ofLastRelease(notice)}`,
        fields,
      };
    case 'kept': {
      const time =
        notice.until === undefined
          ? `while ${notice.servers === 1 ? 'it is' : 'they are'} registered`
          : `for ${duration(notice.until - now)}`;
      return {
        level: 'warn',
        text: `${notice.upstream}  ${absence(notice.empty)}, keeping ${notice.servers} ${time}`,
        fields,
      };
    }
    case 'down':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${absence(notice.empty)}, ${answerOf(notice)}`,
        fields,
      };
    case 'dropped':
      return {
        level: 'warn',
        text: `${notice.upstream}  ${absence(notice.empty)}, its upstream is left out`,
        fields,
      };
    case 'held':
      return {
        level: 'warn',
        text: `${notice.upstream}  would lose ${notice.losing} of ${notice.of} servers in one step; held for ${duration(notice.until - now)}`,
        fields,
      };
    case 'lost':
      return {
        level: 'warn',
        text: `${notice.upstream}  loses ${notice.losing} of ${notice.of} servers: the grace period is over`,
        fields,
      };
    case 'fallback':
      return {
        level: 'warn',
        text: `${notice.upstream}  is served from ${notice.datacenter}: nothing can serve in the datacenters before`,
        fields,
      };
    case 'left':
      return { level: 'info', text: `${notice.upstream}  is gone from Consul, its upstream leaves`, fields };
    case 'undiscovered':
      return {
        level: 'warn',
        text: `${notice.upstream}  does not become an upstream: ${notice.reason}`,
        fields,
      };
    case 'crowded':
      return {
        level: 'warn',
        text: `${notice.services} more services do not become upstreams: ${notice.reason}`,
        fields,
      };
    case 'needed':
      return {
        level: 'warn',
        text: `${notice.upstream}  is gone from Consul and answers 503: nginx does not go without its upstream: ${notice.reason}`,
        fields,
      };
    case 'conflict':
      return {
        level: 'warn',
        text: `${notice.upstream}  does not get the route ${notice.route}: ${notice.reason}`,
        fields,
      };
    case 'aside':
      return {
        level: 'warn',
        text: `the newest ${notice.of ?? 'templates'} are put aside: ${notice.reason}`,
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

function ofLastRelease(notice: Extract<Notice, { kind: 'missing' | 'seeded' }>): string {
  return notice.servers === 0 ? answerOf(notice) : `keeping ${notice.servers} of the last release`;
}

/** What clients get of an upstream without a server. */
function answerOf({ protocol }: Subject): string {
  if (protocol === undefined) return 'it answers 503';
  return protocol === 'tcp' ? 'it closes connections at once' : 'it drops datagrams';
}

function absence({ why, registered }: Emptiness): string {
  const which = {
    'none registered': '',
    'other tags': ', none with all its tags',
    'left out': registered === 1 ? ', and left out' : ', all left out',
    maintenance: registered === 1 ? ', in maintenance' : ', all in maintenance',
    unhealthy: registered === 1 ? ', not healthy' : ', none healthy',
  } as const;
  return `${registered} registered${which[why]}`;
}
