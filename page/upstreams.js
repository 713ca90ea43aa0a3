import { part, say } from './dom.js';
import { Group } from './group.js';
import { count } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status} Status */
/** @typedef {{ readonly upstream: string, readonly mark: import('./rows.js').Mark, readonly address: string, readonly node: string }} News */

/** All groups are open where there are few servers, and stay so until there are many. */
const few = 60;
const many = 300;
/** While a filter is set, those found are open up to so many groups. */
const openGroups = 20;

const order = new Intl.Collator('en', { numeric: true });

/** The list of upstreams and its filter. */
export function upstreamList() {
  const list = part('groups', HTMLElement);
  const filter = part('filter', HTMLInputElement);
  const found = part('found', HTMLElement);
  /** @type {Map<string, Group>} */
  const groups = new Map();
  /** @type {Status['upstreams']} */
  let shown = {};
  let total = 0;
  let waiting = false;
  let areFew = false;
  /** @type {readonly string[]} */
  let wanted = [];

  function read() {
    wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  function sift() {
    waiting = false;
    const sizes = [...groups.values()].map((group) => ({ group, size: group.filter(wanted) }));
    const kept = sizes.filter(({ size }) => size >= 0);
    areFew = total <= (areFew ? many : few);
    const open = wanted.length > 0 ? kept.length <= openGroups : areFew;
    for (const { group } of kept) group.suggest(open);
    const servers = kept.reduce((sum, { size }) => sum + size, 0);
    say(
      found,
      wanted.length === 0
        ? ''
        : `${kept.length} of ${count(groups.size, 'upstream')}, ${servers.toLocaleString('en')} of ${count(total, 'server')}`,
    );
  }

  filter.addEventListener('input', () => {
    read();
    const { value } = filter;
    history.replaceState(null, '', value === '' ? location.pathname : `#filter=${encodeURIComponent(value)}`);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(sift);
  });
  const given = new URLSearchParams(location.hash.slice(1)).get('filter');
  if (given !== null) filter.value = given;
  read();

  /** @param {string} name */
  function place(name) {
    const next = [...groups.keys()].filter((other) => order.compare(other, name) > 0).sort(order.compare)[0];
    return next === undefined ? null : (groups.get(next)?.element ?? null);
  }

  return {
    /**
     * @param {Status} status
     * @returns {readonly News[]} who joined and left since the last time
     */
    show({ upstreams, queries, time }) {
      /** @type {News[]} */
      const news = [];
      const isFirst = groups.size === 0;
      for (const [name, group] of groups) {
        if (Object.hasOwn(upstreams, name)) continue;
        group.element.remove();
        groups.delete(name);
      }
      const names = Object.keys(upstreams);
      if (isFirst) names.sort(order.compare);
      const made = document.createDocumentFragment();
      let isNew = false;
      for (const name of names) {
        const upstream = upstreams[name];
        if (upstream === undefined) continue;
        const group = groups.get(name);
        if (group === undefined) {
          const fresh = new Group(name, upstream, queries[upstream.query], time);
          if (isFirst) made.append(fresh.element);
          else list.insertBefore(fresh.element, place(name));
          groups.set(name, fresh);
          isNew = true;
          continue;
        }
        for (const { mark, server } of group.show(upstream, queries[upstream.query], time))
          news.push({ upstream: name, mark, address: server.address, node: server.node });
      }
      list.append(made);
      if (upstreams !== shown) {
        total = [...groups.values()].reduce((sum, { size }) => sum + size, 0);
        if (isNew || wanted.length > 0 || areFew) sift();
      }
      shown = upstreams;
      return news;
    },
    totals() {
      const up = [...groups.values()].reduce((sum, group) => sum + group.up, 0);
      return { upstreams: groups.size, servers: total, up };
    },
  };
}
