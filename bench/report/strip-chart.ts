import { type Axis, linearAxis } from './axis.ts';
import { quantile } from './statistics.ts';
import { element, line, picture, type Svg, text } from './svg.ts';
import { figure } from './table.ts';

export interface Strip {
  readonly name: string;
  readonly values: readonly number[];
}

/** Parts of a whole, one after the other. */
export interface Part {
  readonly name: string;
  readonly value: number;
}

const width = 820;
const left = 170;
const right = width - 40;
const row = 62;
const top = 74;

/** Each value a dot, the middle half of them a box, the median a line; below, what the first one's time is made of. */
export function stripChart(title: string, strips: readonly Strip[], parts: readonly Part[]): Svg {
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  const x = linearAxis(Math.max(whole, ...strips.map(bulk)), { from: left, to: right });
  const bottom = top + strips.length * row;
  const barAt = bottom + 44;
  const height = parts.length === 0 ? bottom + 40 : barAt + 88;
  const grid = x.ticks.flatMap((tick) => [
    line(x.at(tick), top - 10, x.at(tick), bottom, { class: 'grid' }),
    text(x.at(tick), bottom + 18, `${figure(tick)} ms`, { class: 'quiet', 'text-anchor': 'middle' }),
  ]);
  return picture(
    width,
    height,
    title,
    text(24, 32, title, { class: 'title' }),
    text(24, 50, 'each change a dot, the middle half of them shaded, the line their median', {
      class: 'quiet',
    }),
    ...grid,
    ...strips.map((strip, at) => drawStrip(strip, top + at * row, at, x)),
    ...(parts.length === 0 ? [] : drawParts(strips[0]?.name ?? '', parts, barAt, x.at)),
  );
}

/** What the axis has to hold of it: a few that took very long would press all others together. */
function bulk({ values }: Strip): number {
  return Math.min(Math.max(...values), 1.15 * quantile(values, 0.95));
}

function drawStrip({ name, values }: Strip, y: number, colour: number, { at, ticks }: Axis): Svg {
  const end = ticks.at(-1) ?? 0;
  const within = values.filter((value) => value <= end);
  const beyond = values.length - within.length;
  const middle = quantile(values, 0.5);
  const [low, high] = [at(quantile(values, 0.25)), at(quantile(values, 0.75))];
  const centre = y + row / 2;
  const dots = within.map((value, index) =>
    // Set apart by a fixed pattern, so that the same figures give the same picture.
    element('circle', { cx: at(value), cy: centre - 14 + ((index * 7) % 29), r: 3, class: 'dot' }),
  );
  return element(
    'g',
    { class: `c${colour}` },
    element('rect', { x: low, y: y + 10, width: Math.max(1, high - low), height: row - 20, class: 'box' }),
    ...dots,
    line(at(middle), y + 6, at(middle), y + row - 6, { class: 'mark' }),
    text(24, centre, name, { class: 'name' }),
    text(24, centre + 16, `${figure(middle)} ms`, { class: 'quiet' }),
    ...(beyond === 0
      ? []
      : [text(right, y + 12, `${beyond} longer →`, { class: 'quiet', 'text-anchor': 'end' })]),
  );
}

function drawParts(name: string, parts: readonly Part[], y: number, at: (value: number) => number): Svg[] {
  let from = 0;
  let legend = left;
  const drawn = parts.map((part, index) => {
    const [x, end] = [at(from), at(from + part.value)];
    from += part.value;
    const label = `${part.name} ${figure(part.value)}`;
    const at0 = legend;
    legend += label.length * 6.3 + 28;
    return element(
      'g',
      { class: `c${[5, 4, 3, 1, 0, 6, 2][index % 7]}` },
      element('rect', { x, y, width: Math.max(1, end - x - 1), height: 24, class: 'bar' }),
      element('rect', { x: at0, y: y + 42, width: 11, height: 11, class: 'bar' }),
      text(at0 + 16, y + 52, label, { class: 'quiet' }),
    );
  });
  return [
    text(24, y + 11, `${name}: medians`, { class: 'quiet' }),
    text(24, y + 26, 'of the steps, ms', { class: 'quiet' }),
    ...drawn,
  ];
}
