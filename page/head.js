import { look, make, part, say } from './dom.js';
import { newestChange, shortly } from './releases.js';
import { ago, consulWords, count, duration, nginxWords, printable, timeOfDay, wayWords } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status} Status */
/** @typedef {{ readonly upstreams: number, readonly servers: number, readonly up: number }} Totals */

/** What one look is to tell: whether all is well, and if not, what is wrong. */
export function head() {
  const verdict = part('verdict', HTMLElement);
  const about = part('about', HTMLElement);
  const foot = part('foot', HTMLElement);
  const gone = part('gone', HTMLElement);
  const main = part('main', HTMLElement);
  const warnings = part('warnings', HTMLElement);
  const list = part('warnings-list', HTMLElement);
  const facts = {
    consul: part('consul', HTMLElement),
    nginx: part('nginx', HTMLElement),
    servers: part('servers', HTMLElement),
    last: part('last', HTMLElement),
  };
  /** @type {Status | undefined} */
  let told;
  let heard = 0;

  /** @param {readonly string[]} lines */
  function warn(lines) {
    warnings.hidden = lines.length === 0;
    while (list.children.length > lines.length) list.lastChild?.remove();
    for (const [index, line] of lines.entries()) {
      const item = list.children[index];
      if (item === undefined) list.append(make('li', '', printable(line)));
      else say(item, printable(line));
    }
  }

  /**
   * @param {string} words
   * @param {'good' | 'warn' | 'bad'} how
   */
  function judge(words, how) {
    say(verdict, words);
    look(verdict, `verdict ${how}`);
    const sign = { good: '✓', warn: '!', bad: '✗' }[how];
    const title = `${sign} ${words} · upsync`;
    if (document.title !== title) document.title = title;
  }

  function tick() {
    if (told === undefined) return;
    const now = told.time + performance.now() - heard;
    const change = newestChange(told.releases);
    say(facts.last, change === undefined ? 'none yet' : `${shortly(change)}, ${ago(now - change.at)}`);
    say(about, `${printable(told.version)}, up ${duration(now - told.startedAt)}`);
  }

  return {
    /**
     * @param {Status} status
     * @param {Totals} totals
     */
    show(status, totals) {
      told = status;
      heard = performance.now();
      const { nginx, counts, consul, settings, process, ready, notReady, waiting, version, pid, listening } =
        status;
      gone.hidden = true;
      main.classList.remove('stale');
      warn(status.warnings);
      if (process === 'stopping') judge('upsync is stopping', 'bad');
      else if (!ready) judge(`Not ready: ${printable(notReady.slice(0, 2).join(', '))}`, 'bad');
      else if (status.warnings.length > 0)
        judge(`Ready, with ${count(status.warnings.length, 'warning')}`, 'warn');
      else if (waiting !== null) judge(`Ready, waiting: ${printable(waiting.why)}`, 'warn');
      else judge('Ready: nginx runs what Consul says', 'good');
      say(facts.consul, `${consulWords[consul]} at ${printable(String(settings['consul.address'] ?? '?'))}`);
      look(facts.consul, consul === 'answering' ? 'good' : consul === 'failing' ? 'bad' : 'warn');
      const drains = nginx.draining === 0 ? '' : `, ${count(nginx.draining, 'old generation')} draining`;
      say(facts.nginx, `${nginxWords(nginx)}${drains}${wayWords(nginx.via, counts)}`);
      look(facts.nginx, nginx.state === 'running' && nginx.release !== null ? 'good' : 'bad');
      say(facts.servers, `${count(totals.up, 'server')} up in ${count(totals.upstreams, 'upstream')}`);
      say(
        foot,
        `upsync ${printable(version)}, pid ${pid}${listening === null ? '' : `, at ${printable(listening.at)}`}`,
      );
      tick();
    },
    /** @param {number} ms without a word */
    silence(ms) {
      const when =
        told === undefined ? '' : ` What is below is how it stood at ${timeOfDay(told.time, told.time)}.`;
      say(gone, `No word from upsync for ${Math.round(ms / 1000)} s; trying to reach it again.${when}`);
      gone.hidden = false;
      main.classList.add('stale');
      judge('No word from upsync', 'bad');
    },
    tick,
  };
}
