import { expect, test } from 'vitest';
import { drawGrowth, drawLone } from '../../../bench/report/charts.ts';
import type { Measurement } from '../../../bench/report/results.ts';
import { element, picture, text } from '../../../bench/report/svg.ts';

const section = (...measurements: Partial<Measurement>[]) => ({
  ...{ at: '', seconds: 1, versions: {}, machine: '', notes: [] },
  measurements: measurements.map((more) => ({
    ...{ tool: 'upsync', of: '', what: 'change → first answer', unit: 'ms', runs: [] },
    ...more,
  })),
});

const count = (svg: string, part: string) => svg.split(part).length - 1;

test('what is written into a picture is escaped', () => {
  expect(text(1, 2, 'a<b & "c"')).toBe('<text x="1" y="2">a&#60;b &#38; &#34;c&#34;</text>');
  expect(element('g', { class: '"><script>' })).toBe('<g class="&#34;&#62;&#60;script&#62;"/>');
});

test('a picture has a ground, a label for who cannot see it, and colours for a dark screen', () => {
  const svg = picture(100, 50, 'what it shows');
  expect(svg).toContain('aria-label="what it shows"');
  expect(svg).toContain('class="ground"');
  expect(svg).toContain('prefers-color-scheme: dark');
});

test('the chart of lone changes has a dot for each, a row for each tool, and the steps of upsync', () => {
  const svg = drawLone(
    section(
      { tool: 'consul-template', runs: [[80, 90], [85]] },
      { runs: [[70], [75]] },
      { what: 'before nginx: change → HUP', runs: [[30]] },
      { what: 'nginx: HUP → first answer', runs: [[45]] },
      { what: "upsync's step: test", runs: [[20]] },
    ),
  );
  expect(count(svg, 'class="dot"')).toBe(5);
  expect(svg.indexOf('>upsync<')).toBeLessThan(svg.indexOf('>consul-template<'));
  expect(svg).toContain('>test 20<');
  expect(svg).toContain('>other 10<');
  expect(svg).toContain('>nginx 45<');
});

test('the chart of growth has a curve for each tool and panel, with a point for each size', () => {
  const what = 'lone change → first worker that knows';
  const svg = drawGrowth(
    section(
      { what, of: '1 service × 5', size: 1, runs: [[80]] },
      { what, of: '2,000 services × 5', size: 2_000, runs: [[200]] },
      { what, of: '1 service × 1', size: 1, runs: [[80]] },
      { what, of: '1 service × 10,000', size: 10_000, runs: [[300]] },
      { what, of: '1 service × 10,000', size: 10_000, tool: 'consul-template', runs: [[300]] },
      { what, of: '1,000 services × 50', size: 50_000, runs: [[900]] },
    ),
  );
  expect(count(svg, '<polyline')).toBe(3);
  expect(count(svg, '<circle')).toBe(5);
});
