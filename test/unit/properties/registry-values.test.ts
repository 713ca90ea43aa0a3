import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { MetaType } from '../../../src/pipeline/admission.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { observe } from '../../../src/pipeline/observe.ts';
import type { Protocol } from '../../../src/pipeline/protocol.ts';
import { queryKey } from '../../../src/pipeline/query.ts';
import type { Answer, Registration } from '../../../src/pipeline/snapshot.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { type Directive, tokenize } from '../../../src/syntax/tokenize.ts';
import { templateData } from '../../../src/template/data.ts';
import { quoteForNginx } from '../../../src/template/quote.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { attacks } from '../../support/attacks.ts';
import { admission, registration, snapshot, templatesContext, upstreamPlan } from '../pipeline/given.ts';

/** What nginx's syntax is made of, what ends lines, what other parsers take for numbers, and what was tried before. */
const pieces = [
  ...[
    '{',
    '}',
    ';',
    '"',
    "'",
    '\\',
    '$',
    '${',
    '#',
    '(',
    ')',
    '*',
    '~',
    '=',
    ',',
    '/',
    '..',
    '%',
    '<%=',
    '%>',
  ],
  ...[
    ' ',
    '\t',
    '\n',
    '\r',
    '\0',
    '\u001b[31m',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u2029',
    '\u{E000}',
    '\u{E001}7',
  ],
  ...[
    'server',
    'upstream x',
    'include',
    'weight=9',
    'down',
    'unix:',
    '0x7f',
    '10.0.0.1',
    '::1',
    '%eth0',
    ':80',
  ],
  ...['1e9', '007', '-1', 'NaN', 'é', '💥', '\ud800', '__proto__', 'lua', 'a', '0'],
  ...attacks.map(({ text }) => text),
];
const text = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((ip) => `::ffff:${ip}`),
  text,
);
const port = fc.oneof(
  fc.integer({ min: -1, max: 70_000 }),
  fc.double(),
  fc.constantFrom(80, 443, 8080, 65_535, 65_536, 2 ** 31),
);
const weight = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.double(), fc.constantFrom(1, 65_535, 1e300));

const hostile: fc.Arbitrary<Registration> = fc.record({
  datacenter: text,
  node: text,
  id: text,
  service: fc.constantFrom('web1', 'other'),
  address,
  nodeAddress: address,
  port,
  weights: fc.record({ passing: weight, warning: weight }),
  health: fc.constantFrom('passing', 'passing', 'warning', 'maintenance', 'critical'),
  tags: fc.array(text, { maxLength: 3 }),
  meta: fc.dictionary(
    fc.constantFrom('version', 'shard', 'canary', 'host', 'path', 'note', '__proto__'),
    text,
    {
      maxKeys: 3,
    },
  ),
});

const exposed = new Map<string, MetaType>([
  ['version', 'word'],
  ['shard', 'integer'],
  ['canary', 'boolean'],
  ['host', 'host'],
  ['path', 'path'],
]);
const rules = admission({ tags: new Set(['v2']), meta: exposed });
const plan = { guard: { maxDrop: 0.5, atLeast: 4, grace: 30_000 }, admission: rules };
const good = registration({ id: 'good', address: '192.0.2.77', port: 7777 });

/** What the pipeline makes of these registrations of `web1`, and one good one. */
function viewOf(registrations: readonly Registration[], balance: string, protocol: Protocol = 'http'): View {
  const answers = snapshot({ web1: [good, ...registrations] });
  const observed = observe([upstreamPlan({ balance, protocol })], rules, answers);
  return guard(observed, undefined, answers, plan, new Map(), 1_000_000).view;
}

const templates = createTemplates({ kind: 'builtin' }, templatesContext());

function rendered(view: View): readonly Directive[] {
  const result = templates.render(view);
  if (result.kind !== 'files') throw new Error(JSON.stringify(result));
  return result.files.flatMap(({ contents }) => tokenize(contents, 'rendered'));
}

const serverLine = /^server ((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]+\]):(\d{1,5})( weight=\d{1,5})?( down)?$/;
const runs = Number(process.env.UPSYNC_PROPERTY_RUNS ?? 100_000);

test('whatever is registered, nginx reads exactly the servers of the view, and nothing else', () => {
  const cases = fc.array(hostile, { minLength: 1, maxLength: 4 });
  const property = fc.property(
    cases,
    fc.constantFrom('round_robin', 'least_conn'),
    fc.constantFrom('http', 'tcp'),
    (registrations, balance, protocol) => {
      const view = viewOf(registrations, balance, protocol);
      const [upstream, ...others] = rendered(view);
      const lines = (upstream?.block ?? []).map(({ name, args }) =>
        [name, ...args.map(({ value }) => value)].join(' '),
      );
      const servers = lines.filter((line) => line.startsWith('server '));
      const rest = lines.filter((line) => !line.startsWith('server '));

      if (others.length > 0 || upstream?.name !== 'upstream' || upstream.args[0]?.value !== 'web1')
        return false;
      if (
        rest.join() !==
        [
          'zone upsync_web1 64k',
          ...(balance === 'round_robin' ? [] : [balance]),
          ...(protocol === 'http' ? ['keepalive 32'] : []),
        ].join()
      )
        return false;
      if (upstream.block?.some(({ block }) => block !== undefined)) return false;
      const expected = view.upstreams[0]?.servers.map(({ host, port }) => `${host}:${port}`);
      const found = servers.map((line) => serverLine.exec(line)?.slice(1, 3).join(':') ?? `bad ${line}`);
      return found.join() === expected?.join() && found.includes('192.0.2.77:7777');
    },
  );
  fc.assert(property, { numRuns: runs, seed: 1 });
}, 300_000);

test('whatever is registered, no text that a template sees means anything to nginx, even if it is written raw', () => {
  const property = fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (registrations) => {
    const { upstreams } = templateData(viewOf(registrations, 'round_robin'), 'http', '');
    for (const { meta, tags, ...server } of upstreams.flatMap(({ servers }) => servers)) {
      for (const value of [...Object.values(server), ...Object.values(meta), ...tags]) {
        if (typeof value === 'string' && quoteForNginx(value) !== value) return false;
      }
    }
    return true;
  });
  fc.assert(property, { numRuns: Math.ceil(runs / 4), seed: 2 });
}, 300_000);

/** What nginx reads of a page that is made of keys; undefined where the page is rejected. */
function pageOf(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'upsync-properties-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'page.conf.eta'), text);
  const own = createTemplates({ kind: 'folder', folder }, templatesContext());
  const nothing = viewOf([], 'round_robin');
  const at = { datacenter: '' };
  return (name: string, value: string) => {
    const entries = [{ path: `t/${name}`, value }];
    const answers: Answer[] = [
      { query: { kind: 'tree', prefix: 't/', ...at }, value: entries, index: '1', since: 0 },
      { query: { kind: 'key', path: 'k', ...at }, value, index: '1', since: 0 },
    ];
    const result = own.render(nothing, new Map(answers.map((one) => [queryKey(one.query), one])));
    if (result.kind !== 'files') return undefined;
    return tokenize(result.files[0]?.contents ?? '', 'page').map((directive) => [
      directive.name,
      ...directive.args.map((word) => word.value),
      ...(directive.block === undefined ? [] : ['{']),
    ]);
  };
}

test('whatever text a key has, nginx reads it as one word, or the template is rejected', () => {
  const escaped = pageOf(
    "<% for (const { path, key, value } of it.tree('t')) { %># <%= path %>\na <%= key %> <%= value %>;\n<% } %>b <%= it.key('k') %>;\n",
  );
  const raw = pageOf("a <%~ it.key('k') %>;\n");
  let read = 0;
  const property = fc.property(text, text, (name, value) => {
    const words = escaped(name, value);
    const unescaped = raw(name, value);
    if (words !== undefined) read += 1;
    return (
      [
        undefined,
        JSON.stringify([
          ['a', name, value],
          ['b', value],
        ]),
      ].includes(words && JSON.stringify(words)) &&
      [undefined, JSON.stringify([['a', value]])].includes(unescaped && JSON.stringify(unescaped))
    );
  });
  const cases = Math.ceil(runs / 10);
  fc.assert(property, { numRuns: cases, seed: 4 });
  expect(read).toBeGreaterThan(cases / 10);
}, 300_000);

test('the weights of an upstream are bounded in sum, and each is a whole number from 1', () => {
  const property = fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (registrations) => {
    const { upstreams } = templateData(viewOf(registrations, 'round_robin'), 'http', '');
    const weights = upstreams.flatMap(({ servers }) => servers.map(({ weight }) => weight));
    const sum = weights.reduce((total, each) => total + each, 0);
    return weights.every((each) => Number.isInteger(each) && each >= 1) && sum <= 1000 + weights.length;
  });
  fc.assert(property, { numRuns: Math.ceil(runs / 10), seed: 3 });
}, 300_000);
