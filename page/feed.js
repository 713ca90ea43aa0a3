/** @typedef {import('../src/status/schema.ts').Status} Status */
/** @typedef {import('./model.js').Change} Change */

/** ms without a word until something must be wrong: upsync says something every 5 s. */
const silent = 12_000;
/** ms until a connection that says nothing is given up for another. */
const patience = 20_000;
/** ms until one that was refused is tried again. */
const again = 2_000;

/**
 * Follows `/events` for as long as the page is open, whatever becomes of upsync meanwhile.
 * @param {string} url
 * @param {{
 *   whole: (status: Status) => void,
 *   change: (change: Change) => void,
 *   silence: (ms: number) => void,
 * }} listener `silence` is called once a second while there is no word, with how long there was none
 */
export function follow(url, { whole, change, silence }) {
  let heard = performance.now();
  let tried = heard;
  let lost = false;
  let source = connect();

  function connect() {
    tried = performance.now();
    const made = new EventSource(url);
    made.addEventListener('status', ({ data }) => {
      listen();
      whole(JSON.parse(data));
    });
    made.addEventListener('change', ({ data }) => {
      listen();
      change(JSON.parse(data));
    });
    made.addEventListener('error', () => {
      lost = true;
      silence(performance.now() - heard);
    });
    return made;
  }

  function listen() {
    heard = performance.now();
    lost = false;
  }

  setInterval(() => {
    const now = performance.now();
    if (lost || now - heard > silent) silence(now - heard);
    // The browser tries again by itself where the connection broke, but not where it was refused or hangs.
    const refused = source.readyState === EventSource.CLOSED && now - tried > again;
    if (!refused && now - Math.max(heard, tried) < patience) return;
    source.close();
    source = connect();
  }, 1_000);
}
