/** @typedef {import('../src/status/schema.ts').Status} Status */

/**
 * Milliseconds as a person says them, as the log does; the unit stays beside its number.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)}\u00a0s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)}\u00a0min`;
  return ms < 172_800_000
    ? `${Math.round(ms / 3_600_000)}\u00a0h`
    : `${Math.round(ms / 86_400_000)}\u00a0days`;
}

/**
 * How long ago, without a number that flickers.
 * @param {number} ms
 */
export function ago(ms) {
  return ms < 1500 ? 'just now' : `${ms < 10_000 ? `${Math.round(ms / 1000)}\u00a0s` : duration(ms)} ago`;
}

/**
 * @param {number} number
 * @param {string} what
 */
export function count(number, what) {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/**
 * The time of day, with the date where that was not today.
 * @param {number} at ms since the epoch
 * @param {number} now
 */
export function timeOfDay(at, now) {
  const date = day.format(at);
  return date === day.format(now) ? clock.format(at) : `${date}, ${clock.format(at)}`;
}

/**
 * What would hide or turn around the text beside it is written out.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** @type {Readonly<Record<Status['consul'], string>>} */
export const consulWords = {
  silent: 'has not answered yet',
  answering: 'answers',
  partly: 'answers in part',
  failing: 'does not answer well',
};

/** @param {Status['nginx']} nginx */
export function nginxWords({ state, release }) {
  if (state === 'unknown') return 'not looked at yet';
  if (state === 'stopped') return 'is not running';
  return release === null ? 'runs none of our releases' : `runs ${release.slice(0, 8)}`;
}

/**
 * How changes reach nginx, and how often they did.
 * @param {Status['nginx']['via']} via
 * @param {Status['counts']} counts
 */
export function wayWords(via, { reloads, pushes }) {
  const pushed = sum(pushes);
  const isPush = via === 'push' || pushed > 0;
  const words = isPush ? `, ${pushed.toLocaleString('en')} push${pushed === 1 ? '' : 'es'}` : '';
  return via === null ? '' : `${words}, ${count(sum(reloads), 'reload')}`;
}

/** @param {Readonly<Record<string, number>>} counts */
function sum(counts) {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

/** @type {Readonly<Record<Exclude<Status['upstreams'][string]['origin'], 'down'>, string>>} */
const origins = {
  live: 'live',
  kept: 'kept from before',
  held: 'held: a big loss waits',
  none: 'not in nginx',
};

/** @type {Readonly<Record<Status['upstreams'][string]['protocol'], string>>} */
const unserved = {
  http: 'answers 503',
  tcp: 'closes connections at once',
  udp: 'drops datagrams',
};

/**
 * @param {Status['upstreams'][string]} upstream
 * @param {number} now
 */
export function originWords({ origin, protocol, why }, now) {
  const until = why?.until ?? null;
  const reason = why?.cause ?? null;
  const because = reason === null ? '' : `, ${reason}`;
  const state = origin === 'down' ? unserved[protocol] : origins[origin];
  return `${state}${because}${until === null ? '' : `, until ${timeOfDay(until, now)}`}`;
}

/** @param {Readonly<Record<string, number>>} health */
export function healthWords(health) {
  const parts = Object.entries(health).flatMap(([state, number]) =>
    number === 0 ? [] : `${number} ${state}`,
  );
  return parts.length === 0 ? 'none registered' : parts.join(', ');
}

/**
 * @param {Status['upstreams'][string]['servers'][number]} server
 * @param {Status['upstreams'][string]['origin']} origin
 * @param {number} now
 */
export function serverWords({ state, lostSince }, origin, now) {
  if (lostSince !== null) return `kept, gone from Consul since ${timeOfDay(lostSince, now)}`;
  if (state === 'down') return 'in maintenance';
  return origin === 'kept' ? 'kept' : 'up';
}
