import { part, say } from './dom.js';
import { count, printable } from './words.js';

/** @typedef {import('./upstreams.js').News} News */

/** ms in which what happened is gathered: who listens cannot skim. */
const gather = 700;
/** So many are named one by one. */
const named = 3;

/** Says to a screen reader what others see. */
export function newsReader() {
  const place = part('news', HTMLElement);
  /** @type {News[]} */
  let news = [];
  /** @type {string[]} */
  let words = [];
  /** @type {string | undefined} */
  let known;
  let waiting = false;

  function soon() {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      say(place, [...moves(news), ...words].join('. '));
      news = [];
      words = [];
    }, gather);
  }

  return {
    /** @param {readonly News[]} more */
    moves(more) {
      if (more.length === 0) return;
      news.push(...more);
      soon();
    },
    /** @param {string} text */
    say(text) {
      words.push(text);
      soon();
    },
    /**
     * Only where they are others than before: their numbers grow by themselves.
     * @param {readonly string[]} warnings
     */
    warnings(warnings) {
      const now = warnings.map((line) => line.replaceAll(/[\d.:]+ ?(?:ms|s|min|h)?\b/g, '#')).join('\n');
      if (known !== undefined && now !== known)
        this.say(
          warnings.length === 0
            ? 'No warnings any more'
            : `${count(warnings.length, 'warning')}: ${printable(warnings[0] ?? '')}`,
        );
      known = now;
    },
  };
}

/** @param {readonly News[]} news */
function moves(news) {
  if (news.length <= named)
    return news.map(({ upstream, mark, address, node }) =>
      printable(`${upstream}: ${address} on ${node} ${mark}`),
    );
  const [joined, left] = ['joined', 'left'].map((kind) => news.filter(({ mark }) => mark === kind).length);
  return [`${joined ?? 0} servers joined and ${left ?? 0} left`];
}
