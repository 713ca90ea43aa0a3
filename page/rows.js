import { look, make, say } from './dom.js';
import { printable, serverWords } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status['upstreams'][string]} Upstream */
/** @typedef {Upstream['servers'][number]} Server */

/**
 * One row of a table of servers.
 * @typedef {object} Row
 * @property {HTMLTableRowElement} element
 * @property {(server: Server, origin: Upstream['origin'], mark: Mark | undefined, now: number) => void} show
 */

/**
 * What has just become of a server: it stays marked for a moment.
 * @typedef {'joined' | 'left'} Mark
 */

/** @returns {Row} */
export function makeRow() {
  const address = make('th');
  address.scope = 'row';
  const [node, instance, state, weight] = [make('td'), make('td'), make('td'), make('td', 'number')];
  const element = make('tr', '', address, node, instance, state, weight);
  return {
    element,
    show(server, origin, mark, now) {
      const words = serverWords(server, origin, now);
      say(address, printable(server.address));
      say(node, printable(server.node));
      say(instance, printable(server.instance));
      say(state, mark === 'left' ? 'left' : mark === 'joined' ? `${words}, joined` : words);
      say(weight, String(server.weight));
      look(element, mark ?? (words === 'up' ? 'up' : 'odd'));
    },
  };
}

/**
 * The servers by what tells them apart. Long names are cut, so that two may look alike.
 * @param {readonly Server[]} servers
 * @returns {Map<string, Server>}
 */
export function byKey(servers) {
  const keyed = new Map();
  for (const server of servers) {
    const key = `${server.instance} ${server.address}`;
    keyed.set(keyed.has(key) ? `${key} ${keyed.size}` : key, server);
  }
  return keyed;
}

export function makeTable() {
  const head = make('tr');
  for (const title of ['Server', 'Node', 'Instance', 'State', 'Weight']) {
    const cell = make('th', title === 'Weight' ? 'number' : '', title);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = make('tbody');
  const table = make('table', '', make('thead', '', head), body);
  return { table, body };
}
