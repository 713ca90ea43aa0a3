/** One sample of Prometheus's text format. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const line = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

/**
 * Reads the text format, and throws where it is not that
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export function parseExposition(text: string): readonly Metric[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text.trimEnd().split('\n\n').map(parseMetric);
}

function parseMetric(block: string): Metric {
  const [first = '', second = '', ...rest] = block.split('\n');
  const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(first) ?? [];
  const [, typed, type = ''] = /^# TYPE (\S+) (gauge|counter|histogram)$/.exec(second) ?? [];
  if (name === '' || typed !== name) throw new Error(`no head: ${first} / ${second}`);
  const samples = rest.map(parseSample);
  for (const sample of samples) {
    const own = type === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name;
    if (own !== name) throw new Error(`${sample.name} stands under ${name}`);
  }
  const identities = samples.map((sample) => JSON.stringify([sample.name, sample.labels]));
  if (new Set(identities).size < identities.length) throw new Error(`${name} has a sample twice`);
  return { name, help, type, samples };
}

function parseSample(text: string): Sample {
  const [, name = '', labels = '', value = ''] = line.exec(text) ?? [];
  const number = Number(value);
  if (name === '' || value === '' || Number.isNaN(number)) throw new Error(`no sample: ${text}`);
  return { name, labels: parseLabels(labels), value: number };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const at = label.lastIndex;
    const [, name, value = ''] = label.exec(text) ?? [];
    if (name === undefined) throw new Error(`no labels from ${at} on: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}
