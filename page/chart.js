import { make, part } from './dom.js';
import { count, duration } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status['releases'][string]} Release */

/** Bars that there is room for: as many as upsync remembers releases. */
const room = 50;
const height = 100;
const space = 'http://www.w3.org/2000/svg';

const parts = /** @type {const} */ (['rest', 'test', 'reload']);
const legend = { rest: 'waiting and rendering', test: 'nginx -t', reload: 'reload or push, and proof' };

/** How long each of the last releases took from Consul's answer until nginx was seen to run it. */
export function latencyChart() {
  const place = part('chart', HTMLElement);
  /** @type {unknown} */
  let drawn;
  return {
    /** @param {Readonly<Record<string, Release>>} releases */
    show(releases) {
      if (releases === drawn) return;
      drawn = releases;
      const timed = Object.values(releases).flatMap(({ changeToLive, steps }) =>
        changeToLive === null ? [] : [{ total: changeToLive, ...split(changeToLive, steps) }],
      );
      place.replaceChildren(...(timed.length === 0 ? [make('p', 'more', 'No change yet.')] : draw(timed)));
    },
  };
}

/**
 * @param {number} total
 * @param {Release['steps']} steps
 */
function split(total, { test = 0, prove = 0 }) {
  const reload = Math.min(prove, total);
  const tested = Math.min(test, total - reload);
  return { reload, test: tested, rest: total - reload - tested };
}

/** @param {readonly (ReturnType<typeof split> & { readonly total: number })[]} timed */
function draw(timed) {
  const totals = timed.map(({ total }) => total).sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [totals[Math.floor((totals.length - 1) / 2)], totals.at(-1)];
  const top = rounded(slowest);
  const words = `${count(timed.length, 'release')}: median ${duration(median)}, slowest ${duration(slowest)}`;
  const width = Math.max(20, Math.min(room, timed.length));
  const svg = shape('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
  svg.setAttribute('aria-label', `From change to live, ${words}`);
  for (const part of [0, 0.5]) {
    const y = part * height;
    svg.append(shape('line', { x1: 0, x2: width, y1: y, y2: y, class: 'line' }));
  }
  for (const [index, bar] of timed.entries()) {
    let y = height;
    const group = shape('g', {});
    for (const part of parts) {
      const tall = (bar[part] / top) * height;
      y -= tall;
      group.append(
        shape('rect', { x: width - timed.length + index + 0.12, y, width: 0.76, height: tall, class: part }),
      );
    }
    const title = shape('title', {});
    title.textContent = `live after ${duration(bar.total)}: ${parts.map((part) => `${legend[part]} ${duration(bar[part])}`).join(', ')}`;
    group.append(title);
    svg.append(group);
  }
  const scale = make(
    'div',
    'scale',
    make('span', '', duration(top)),
    make('span', '', duration(top / 2)),
    make('span', '', '0'),
  );
  scale.ariaHidden = 'true';
  const key = make('ul', 'key', ...parts.map((part) => make('li', part, legend[part])));
  return [make('p', 'summary', words), make('div', 'plot', scale, svg), key];
}

/**
 * The next round number.
 * @param {number} ms
 */
function rounded(ms) {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 1)));
  return ([1, 2, 4, 6, 8].find((step) => step * power >= ms) ?? 10) * power;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @returns {SVGElementTagNameMap[K]}
 */
function shape(tag, attributes) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
