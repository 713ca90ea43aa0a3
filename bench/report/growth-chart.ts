import { type Axis, logAxis } from './axis.ts';
import { element, line, picture, type Svg, text } from './svg.ts';

export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

interface Curve {
  readonly name: string;
  /** Curves of one colour belong to one tool. */
  readonly colour: number;
  readonly dashed?: boolean;
  readonly points: readonly { readonly size: number; readonly value: number }[];
}

const width = 860;
const top = 84;
const bottom = 330;
const gap = 66;
const panelWidth = (width - gap * 2 - 40) / 2;

/** Both axes in powers of ten: what grows in proportion climbs as the grid's diagonal does, what stays flat lies. */
export function growthChart(title: string, panels: readonly Panel[]): Svg {
  const points = panels.flatMap(({ curves }) => curves.flatMap((curve) => curve.points));
  const values = points.map(({ value }) => value);
  const y = logAxis(Math.min(...values), Math.max(...values), { from: bottom, to: top });
  return picture(
    width,
    bottom + 82,
    title,
    text(24, 32, title, { class: 'title' }),
    ...panels.map((panel, at) => drawPanel(panel, gap + at * (panelWidth + gap), y)),
    ...drawLegend(panels[0]?.curves ?? []),
  );
}

function drawPanel({ title, curves }: Panel, left: number, y: Axis): Svg {
  const sizes = curves.flatMap(({ points }) => points.map(({ size }) => size));
  const right = left + panelWidth;
  const x = logAxis(Math.min(...sizes), Math.max(...sizes), { from: left, to: right });
  const grid = [
    ...y.ticks.flatMap((tick) => [
      line(left, y.at(tick), right, y.at(tick), { class: 'grid' }),
      text(left - 8, y.at(tick) + 4, duration(tick), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), top, x.at(tick), bottom, { class: 'grid' }),
      text(x.at(tick), bottom + 18, tick.toLocaleString('en-US'), {
        class: 'quiet',
        'text-anchor': 'middle',
      }),
    ]),
  ];
  return element(
    'g',
    {},
    text(left, top - 16, title, {}),
    ...grid,
    ...curves.map((curve) => drawCurve(curve, x, y)),
  );
}

function drawCurve({ colour, dashed = false, points }: Curve, x: Axis, y: Axis): Svg {
  const placed = points.map(({ size, value }) => [x.at(size), y.at(value)] as const);
  const path = placed.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
  return element(
    'g',
    { class: `c${colour}` },
    element('polyline', { points: path, class: dashed ? 'curve dashed' : 'curve' }),
    ...placed.map(([cx, cy]) => element('circle', { cx, cy, r: dashed ? 2.5 : 3.5, class: 'point' })),
  );
}

function drawLegend(curves: readonly Curve[]): Svg[] {
  let x = gap;
  return curves.map(({ name, colour, dashed = false }) => {
    const at = x;
    x += name.length * 6.9 + 62;
    const y = bottom + 54;
    return element(
      'g',
      { class: `c${colour}` },
      line(at, y, at + 28, y, { class: dashed ? 'curve dashed' : 'curve' }),
      text(at + 36, y + 4, name),
    );
  });
}

/** A power of ten, of ms. */
function duration(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}
