/** A piece of SVG, escaped already. */
export type Svg = string;

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly Svg[]): Svg {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(format(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): Svg {
  return element('text', { x, y, ...attributes }, escaped(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): Svg {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

/** A whole picture, on a ground of its own, in light colours or dark ones as the reader's screen is. */
export function picture(width: number, height: number, label: string, ...children: readonly Svg[]): Svg {
  const ground = element('rect', { width, height, rx: 8, class: 'ground' });
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-label': label,
  };
  return `${element('svg', attributes, `<style>${style}</style>`, ground, `\n${children.join('\n')}\n`)}\n`;
}

const style = `
text { font: 13px ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f }
.ground { fill: #ffffff; stroke: #d0d7de }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #57606a; font-size: 12px }
.grid { stroke: #d8dee4; stroke-width: 1 }
.c0 { --c: #0969da } .c1 { --c: #bc4c00 } .c2 { --c: #6e7781 } .c3 { --c: #1a7f37 } .c4 { --c: #8250df } .c5 { --c: #bf8700 } .c6 { --c: #bf3989 }
.dot { fill: var(--c); fill-opacity: 0.45 }
.mark { stroke: var(--c); stroke-width: 2.5 }
.box { fill: var(--c); fill-opacity: 0.14; stroke: none }
.bar { fill: var(--c) }
.curve { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round }
.point { fill: var(--c) }
.dashed { stroke-dasharray: 5 4; stroke-width: 1.6 }
.name { fill: var(--c); font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 }
.ground { fill: #0d1117; stroke: #30363d } .grid { stroke: #2a313a }
.c0 { --c: #58a6ff } .c1 { --c: #f0883e } .c2 { --c: #9198a1 } .c3 { --c: #56d364 } .c4 { --c: #bc8cff } .c5 { --c: #e3b341 } .c6 { --c: #f778ba }
.name { fill: var(--c) }
}
`;

function format(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
