import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byDiscovery, thatAre } from '../../../src/pipeline/by-discovery.ts';
import { upstreamsOf } from '../../../src/pipeline/discover.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { observe } from '../../../src/pipeline/observe.ts';
import type { Registration, Snapshot } from '../../../src/pipeline/snapshot.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { type Directive, tokenize } from '../../../src/syntax/tokenize.ts';
import { quoteForNginx } from '../../../src/template/quote.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { attacks } from '../../support/attacks.ts';
import { stage } from '../pipeline/fakes.ts';
import {
  catalog,
  discoverPlan,
  registration,
  snapshot,
  templatesContext,
  upstreamPlan,
} from '../pipeline/given.ts';

const pieces = [
  ...[
    '{',
    '}',
    ';',
    '"',
    "'",
    '\\',
    '$',
    '#',
    '*',
    '*.',
    '~',
    '~^',
    '=',
    '/',
    '//',
    '..',
    '.',
    '%2e',
    '?',
    '@',
    ':80',
  ],
  ...[' ', '\t', '\n', '\r', '\0', '\u001b[31m', '\u2028', '\u{E000}', '\u{E001}7', '<%=', '-', '_', '--'],
  ...[
    'example',
    'ORG',
    'org',
    'api',
    'v1',
    'localhost',
    '127.0.0.1',
    '0x7f',
    'é',
    '__proto__',
    'default_server',
    'web1',
  ],
  ...['a'.repeat(41), 'b'.repeat(63), ...attacks.map(({ text }) => text)],
];
const wild = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
/** Mostly what fits, of few values, so that services get in each other's way. */
const host = fc.oneof(
  fc.constantFrom('a.org', 'A.org', '*.a.org', `${'x'.repeat(50)}.a.org`, 'b.org'),
  fc.domain(),
  wild,
);
const path = fc.oneof(
  fc.constantFrom('/', '/api', '/api/', '/api/v1', '/b'),
  wild,
  wild.map((text) => `/${text}`),
);
const name = fc.oneof(fc.constantFrom('web1', 'web2', 'Web2', 'a', 'b', 'c'), wild);
const service = fc.record({
  name,
  instances: fc.array(fc.record({ host, path }, { requiredKeys: [] }), { minLength: 1, maxLength: 3 }),
});

const templates = createTemplates({ kind: 'builtin' }, templatesContext({ gateway: '8080' }));
const plan = { ...stage().pipeline.plan, upstreams: [upstreamPlan()], discover: discoverPlan() };

/** What is made of these services; twice, the second time after what the first made. */
function viewOf(services: readonly { name: string; instances: readonly object[] }[], before?: View): View {
  const listed = [...Map.groupBy(services, ({ name: each }) => each)];
  const answers: Snapshot = new Map([
    ...catalog(Object.fromEntries(listed.map(([each]) => [each, ['web']]))),
    ...snapshot(
      Object.fromEntries(
        listed.map(([each, same], at) => [
          each,
          same
            .flatMap(({ instances }) => instances)
            .map(
              (meta, index): Registration =>
                registration({
                  service: each,
                  id: `i${index}`,
                  address: `10.0.${at}.${index + 1}`,
                  tags: ['web'],
                  meta: { ...meta },
                }),
            ),
        ]),
      ),
    ),
  ]);
  const found = upstreamsOf(plan, answers, before);
  const observed = thatAre(observe(found.upstreams, plan.admission, answers), before);
  const guarded = guard(observed, before, answers, plan, new Map(), 1_000_000);
  return byDiscovery(guarded, observed, found, before, new Map()).view;
}

function words({ name: first, args }: Directive): string {
  return [first, ...args.map(({ value }) => value)].join(' ');
}

/** `name location` for each location that leads somewhere. */
function locationsIn(files: readonly { path: string; contents: string }[]): string[] {
  const gateway = files.find(({ path: where }) => where === 'http/gateway.conf');
  return tokenize(gateway?.contents ?? '', 'gateway.conf').flatMap((server) => {
    if (words(server) !== 'server') throw new Error(`a ${words(server)} beside the servers`);
    const serverName = server.block?.find(({ name: each }) => each === 'server_name');
    const locations = server.block?.filter(({ name: each }) => each === 'location') ?? [];
    if (new Set(locations.map(words)).size < locations.length) throw new Error('one location is there twice');
    return locations.flatMap((location) => {
      const [only, ...others] = (location.block ?? []).map(words);
      if (others.length > 0) throw new Error('more than one directive in a location');
      if (only === 'return 404') return [];
      return [`${serverName?.args[0]?.value} ${words(location)} ${only}`];
    });
  });
}

function expected(view: View): string[] {
  return view.routes.flatMap(({ host: of, path: at, upstream }) => {
    const serverName = (text: string) => `${text} proxy_pass http://${upstream}`;
    const lines = at === '/' ? ['location /'] : [`location = ${at}`, `location ${at}/`];
    return lines.map((line) => `${of} ${serverName(line)}`);
  });
}

/** What a server's name stands for. */
function hostFor(line: string): string {
  const [first = '', ...rest] = line.split(' ');
  const plain = first
    .replace(/^_$/, '')
    .replace(/^~\^\.\+\\\./, '*.')
    .replace(/^~\^/, '')
    .replace(/\$$/, '')
    .replaceAll('\\.', '.');
  return [plain, ...rest].join(' ');
}

const runs = Number(process.env.UPSYNC_PROPERTY_RUNS ?? 100_000);

test('whatever is registered, nginx reads exactly the locations of the routes, and nothing else', () => {
  let routes = 0;
  const property = fc.property(fc.array(service, { minLength: 1, maxLength: 4 }), (services) => {
    const view = viewOf(services);
    routes += view.routes.length;
    const rendered = templates.render(view);
    if (rendered.kind !== 'files') throw new Error('it was not rendered');
    const found = locationsIn(rendered.files).map(hostFor).toSorted();
    const meant = expected(view).toSorted();
    if (found.join('\n') !== meant.join('\n'))
      throw new Error(`${found.join('\n')}\nnot\n${meant.join('\n')}`);
    return true;
  });
  fc.assert(property, { numRuns: Math.ceil(runs / 5), seed: 4 });
  expect(routes).toBeGreaterThan(runs / 10);
}, 300_000);

test('whatever is registered, routes hold plain characters alone, each once, for upstreams that are there', () => {
  const property = fc.property(fc.array(service, { minLength: 1, maxLength: 4 }), (services) => {
    const { routes, upstreams } = viewOf(services);
    const names = new Set(upstreams.map(({ name: each }) => each));
    const lower = new Set([...names].map((each) => each.toLowerCase()));
    if (lower.size !== names.size) return false;
    if (new Set(routes.map(({ host: of, path: at }) => `${of}${at}`)).size !== routes.length) return false;
    return routes.every(
      ({ host: of, path: at, upstream }) =>
        /^(\*\.)?[a-z0-9.-]*$/.test(of) &&
        quoteForNginx(at) === at &&
        /^\/([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/.test(at) &&
        !/(^|\/)\.\.?(\/|$)/.test(at) &&
        names.has(upstream),
    );
  });
  fc.assert(property, { numRuns: Math.ceil(runs / 5), seed: 5 });
}, 300_000);

test('whatever comes beside them, routes stay where they are while their services ask for them', () => {
  const two = fc.tuple(
    fc.array(service, { minLength: 1, maxLength: 3 }),
    fc.array(service, { minLength: 1, maxLength: 3 }),
  );
  const property = fc.property(two, ([first, more]) => {
    const before = viewOf(first);
    const others = more.filter(({ name: each }) => !first.some((one) => one.name === each));
    const after = viewOf([...others, ...first], before);
    const kept = new Set(after.routes.map((route) => JSON.stringify(route)));
    return before.routes.every((route) => kept.has(JSON.stringify(route)));
  });
  fc.assert(property, { numRuns: Math.ceil(runs / 10), seed: 6 });
}, 300_000);
