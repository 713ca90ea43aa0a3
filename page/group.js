import { look, make, say } from './dom.js';
import { byKey, makeRow, makeTable } from './rows.js';
import { count, healthWords, originWords, printable } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status} Status */
/** @typedef {Status['upstreams'][string]} Upstream */
/** @typedef {Upstream['servers'][number]} Server */
/** @typedef {import('./rows.js').Mark} Mark */
/** @typedef {import('./rows.js').Row} Row */

/** ms that a server stays marked. */
const marked = { joined: 10_000, left: 5_000 };

/** An upstream: its name and numbers, and below them its servers, made once they are looked at. */
export class Group {
  #name;
  #upstream;
  #query;
  #now;
  /** @type {Map<string, Server>} */
  #servers;
  /** @type {Map<string, { readonly mark: Mark, readonly server: Server }>} */
  #marks = new Map();
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {readonly string[]} */
  #terms = [];
  /** @type {boolean | undefined} What the person wants; undefined: nothing else than we do. */
  #chosen;
  #table = makeTable();
  #notes = make('ul', 'notes');
  #title = make('span', 'name');
  #up = make('span', 'count');
  #news = make('span', 'fresh');
  #origin = make('span', 'origin');
  #health = make('span', 'health');
  element = make('details', 'group');

  /**
   * @param {string} name
   * @param {Upstream} upstream
   * @param {Status['queries'][string] | undefined} query
   * @param {number} now
   */
  constructor(name, upstream, query, now) {
    this.#name = name;
    this.#upstream = upstream;
    this.#query = query;
    this.#now = now;
    this.#servers = byKey(upstream.servers);
    const heading = make('h3', '', this.#title);
    const summary = make('summary', '', heading, this.#up, this.#news, this.#origin, this.#health);
    const scroller = make('div', 'scroller', this.#table.table);
    this.element.append(summary, this.#notes, scroller);
    this.element.dataset.name = name;
    summary.addEventListener('click', () => {
      this.#chosen = !this.element.open;
    });
    this.element.addEventListener('toggle', () => this.#draw());
    this.#summarize();
  }

  /** How many servers nginx has of it. */
  get size() {
    return this.#servers.size;
  }

  get up() {
    return this.#upstream.up;
  }

  /**
   * @param {Upstream} upstream
   * @param {Status['queries'][string] | undefined} query
   * @param {number} now
   * @returns {readonly { readonly mark: Mark, readonly server: Server }[]} who joined and left
   */
  show(upstream, query, now) {
    this.#now = now;
    if (upstream === this.#upstream && query === this.#query) return [];
    const servers = byKey(upstream.servers);
    const news = [...changes(this.#servers, servers, 'left'), ...changes(servers, this.#servers, 'joined')];
    this.#upstream = upstream;
    this.#query = query;
    this.#servers = servers;
    for (const { key, mark, server } of news) this.#mark(key, mark, server);
    this.#summarize();
    this.#draw();
    return news;
  }

  /**
   * @param {boolean} open what is best while the person has not chosen
   */
  suggest(open) {
    const wanted = this.#chosen ?? open;
    if (this.element.open !== wanted) this.element.open = wanted;
  }

  /**
   * Shows what holds all the terms: all of it, where its name does.
   * @param {readonly string[]} terms in lower case
   * @returns {number} how many servers are shown; -1 where it is not shown at all
   */
  filter(terms) {
    // What a person opened and closed holds for what they then looked for.
    if (terms !== this.#terms) this.#chosen = undefined;
    this.#terms = terms;
    const own = this.#own();
    const found = [...this.#servers.values()].filter((server) => this.#matches(server, own)).length;
    const shown = found > 0 || terms.every((term) => own.includes(term));
    this.element.hidden = !shown;
    this.#draw();
    return shown ? found : -1;
  }

  #own() {
    return `${this.#name} ${this.#upstream.service} ${this.#origin.textContent}`.toLowerCase();
  }

  /**
   * @param {Server} server
   * @param {string} own
   */
  #matches(server, own) {
    return this.#terms.every((term) => own.includes(term) || textOf(server).includes(term));
  }

  /**
   * @param {string} key
   * @param {Mark} mark
   * @param {Server} server
   */
  #mark(key, mark, server) {
    const made = { mark, server };
    this.#marks.set(key, made);
    setTimeout(() => {
      if (this.#marks.get(key) !== made) return;
      this.#marks.delete(key);
      this.#summarize();
      this.#draw();
    }, marked[mark]);
  }

  #summarize() {
    const { protocol, up, servers, origin, leftOut, leftOutCount, doubtful } = this.#upstream;
    say(this.#title, printable(protocol === 'http' ? this.#name : `${this.#name} (${protocol})`));
    const resting = servers.filter(({ state }) => state === 'down').length;
    say(this.#up, `${up} up${resting > 0 ? `, ${resting} in maintenance` : ''}`);
    const marks = [...this.#marks.values()];
    const [joined, left] = ['joined', 'left'].map((kind) => marks.filter(({ mark }) => mark === kind).length);
    look(this.#news, joined ? 'fresh' : 'fresh less');
    say(
      this.#news,
      [joined ? `+${joined} joined` : '', left ? `−${left} left` : ''].filter(Boolean).join(' '),
    );
    say(this.#origin, originWords(this.#upstream, this.#now));
    look(this.#origin, `origin ${origin}`);
    const { answer = null, failing = null } = this.#query ?? {};
    const health = answer === null ? 'no answer yet' : healthWords(answer.health);
    say(this.#health, `Consul: ${health}${failing === null ? '' : ', fails now'}`);
    const more = leftOutCount - leftOut.length;
    const notes = [
      ...leftOut.map(({ instance, reason }) => `left out: ${instance}: ${reason}`),
      ...(more > 0 ? [`left out: ${count(more, 'more instance')}`] : []),
      ...doubtful.map(({ instance, reason }) => `odd: ${instance}: ${reason}`),
      ...(servers.length === 0 ? [`no servers: ${originWords(this.#upstream, this.#now)}`] : []),
    ];
    this.#notes.replaceChildren(...notes.map((note) => make('li', '', printable(note))));
  }

  /** Makes the rows what they should be, and touches none that is. */
  #draw() {
    if (!this.element.open) return;
    const own = this.#own();
    const shown = new Map([...this.#servers].filter(([, server]) => this.#matches(server, own)));
    const leaving = [...this.#marks].filter(([key, { mark }]) => mark === 'left' && !this.#servers.has(key));
    for (const [key, { server }] of leaving) shown.set(key, server);
    for (const [key, row] of this.#rows) {
      if (shown.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
    const { body, table } = this.#table;
    /** @type {ChildNode | null} */
    let place = body.firstChild;
    for (const [key, server] of shown) {
      const mark = this.#marks.get(key)?.mark;
      const row = this.#rows.get(key) ?? makeRow();
      this.#rows.set(key, row);
      row.show(server, this.#upstream.origin, mark, this.#now);
      // Who leaves stays where it was.
      if (mark === 'left' && row.element.isConnected) continue;
      while (place !== null && place !== row.element && this.#isLeaving(place)) place = place.nextSibling;
      if (place === row.element) place = place.nextSibling;
      else body.insertBefore(row.element, place);
    }
    table.hidden = shown.size === 0;
    table.setAttribute('aria-label', `Servers of ${printable(this.#name)}`);
  }

  /** @param {Node} element */
  #isLeaving(element) {
    return element instanceof HTMLElement && element.className === 'left';
  }
}

/**
 * @param {ReadonlyMap<string, Server>} all
 * @param {ReadonlyMap<string, Server>} known
 * @param {Mark} mark
 */
function changes(all, known, mark) {
  return [...all].filter(([key]) => !known.has(key)).map(([key, server]) => ({ key, mark, server }));
}

/** @type {WeakMap<Server, string>} */
const texts = new WeakMap();

/** @param {Server} server */
function textOf(server) {
  const known = texts.get(server);
  if (known !== undefined) return known;
  const { address, node, instance, state } = server;
  const text = `${address} ${node} ${instance} ${state === 'up' ? 'up' : 'in maintenance'}`.toLowerCase();
  texts.set(server, text);
  return text;
}
