import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type QueryKey, queryKey } from '../../../src/pipeline/query.ts';
import type { Answer, ConsulTold, Snapshot } from '../../../src/pipeline/snapshot.ts';
import type { Quoting } from '../../../src/template/quote.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { admission, registration, server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-registry-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = { datacenter: '' };

function answers(...told: readonly ConsulTold[]): Snapshot {
  return new Map(
    told.map((one): [QueryKey, Answer] => [queryKey(one.query), { ...one, index: '1', since: 0 }]),
  );
}

const key = (path: string, value: string | undefined): ConsulTold => ({
  query: { kind: 'key', path, ...at },
  value,
});
const tree = (prefix: string, keys: Readonly<Record<string, string>>): ConsulTold => ({
  query: { kind: 'tree', prefix, ...at },
  value: Object.entries(keys).map(([path, value]) => ({ path: `${prefix}${path}`, value })),
});
const service = (name: string, ...value: ReturnType<typeof registration>[]): ConsulTold => ({
  query: { kind: 'service', service: name, ...at },
  value,
});

const rules = admission({ tags: new Set(['v2', 'eu']), meta: new Map([['version', 'word']]) });
const one = view(upstream([server(1)]));

function render(text: string, snapshot: Snapshot = new Map(), environment = {}, quoting?: Quoting) {
  writeFileSync(join(folder, 'a.conf.eta'), text);
  const registry = { admission: rules, datacenter: '', environment };
  const foreign = quoting === undefined ? {} : { foreign: { quoting } };
  const context = templatesContext({ registry, ...foreign });
  return createTemplates({ kind: 'folder', folder }, context).render(one, snapshot);
}

/** What the template wrote; throws where it wrote nothing. */
function written(text: string, snapshot?: Snapshot, environment = {}): string {
  const rendered = render(text, snapshot, environment);
  if (rendered.kind !== 'files') throw new Error(JSON.stringify(rendered));
  return rendered.files[0]?.contents ?? '';
}

function problem(text: string, snapshot?: Snapshot, environment = {}): string {
  const rendered = render(text, snapshot, environment);
  return rendered.kind === 'problem' ? rendered.problem.what : rendered.kind;
}

const used = (rendered: ReturnType<typeof render>) => rendered.used.map(queryKey);

describe('a key', () => {
  test('is its text, and is followed', () => {
    const rendered = render("listen <%= it.key('app/port') %>;", answers(key('app/port', '80')));
    expect(rendered).toMatchObject({ kind: 'files', files: [{ contents: 'listen 80;' }] });
    expect(used(rendered)).toEqual(['key:app/port']);
  });

  test('that is not there, or not answered for yet, is waited for by its name', () => {
    const text = "<%= it.key('app/port') %>";
    expect(render(text)).toMatchObject({ kind: 'waiting', missing: ['key app/port'] });
    expect(render(text, answers(key('app/port', undefined)))).toMatchObject({
      kind: 'waiting',
      missing: ['key app/port'],
      used: [{ kind: 'key', path: 'app/port' }],
    });
  });

  test('with a default takes that where it is not there, undefined too, and waits for the answer', () => {
    const text = "<%= it.keyOr('app/port', 81) %> <%= it.keyOr('app/x') ?? 'none' %>";
    const there = answers(key('app/port', undefined), key('app/x', undefined));
    expect(written(text, there)).toBe('81 none');
    expect(written(text, answers(key('app/port', '82'), key('app/x', '')))).toBe('82 ""');
    expect(render(text)).toMatchObject({ kind: 'waiting', missing: ['key app/port', 'key app/x'] });
  });

  test('is asked of another datacenter where the template says so', () => {
    const text = "<%= it.keyOr('a', '', { datacenter: 'dc2', namespace: 'n', partition: '' }) %>";
    expect(used(render(text))).toEqual(['key:a@dc2?namespace=n']);
  });

  test.each(['', '/a', 'a//b', 'a/../b', './a', '..'])('%j is no path of one', (path) => {
    expect(problem(`<%= it.key(${JSON.stringify(path)}) %>`)).toMatch(/is no path of a key; write it as/);
  });
});

test('one rendering asks for all that it can, whatever it lacks, and no mistake hides behind that', () => {
  const text = `<% const port = it.key('a'); JSON.parse(port) %>`;
  writeFileSync(
    join(folder, 'b.conf.eta'),
    "<%= it.key('b') %><% for (const s of it.service('web1')) { %>x<% } %>",
  );
  writeFileSync(
    join(folder, 'c.conf.eta'),
    "<%= it.services().length %><%= it.nodes().length %><%= it.tree('t').length %>",
  );
  const rendered = render(text);
  expect(rendered).toMatchObject({
    kind: 'waiting',
    missing: ['key a', 'key b', 'service web1', 'the services', 'the nodes', 'tree t/'],
  });
  expect(used(rendered)).toEqual(['key:a', 'key:b', 'service:web1', 'services', 'nodes', 'tree:t/']);
});

test('a tree is its keys by path, each without the folder', () => {
  const text =
    "<% for (const { path, key, value } of it.tree('app')) { %><%= path %> <%= key %> <%= value %>;<% } %>";
  const rendered = render(text, answers(tree('app/', { a: '1', 'b/c': '2' })));
  expect(rendered).toMatchObject({ files: [{ contents: 'app/a a 1;app/b/c b/c 2;' }] });
  expect(used(rendered)).toEqual(['tree:app/']);
  expect(written("<%= it.tree('app/').length %>", answers(tree('app/', {})))).toBe('0');
});

describe('a service', () => {
  const list = (options: string, snapshot: Snapshot) =>
    written(
      `<% for (const s of it.service('web.1', ${options})) { %><%= s.host %>:<%= s.port %> <%= s.weight %> <%= s.state %> <%= s.health %> <%= s.datacenter %> <%= s.service %>;<% } %>`,
      snapshot,
    );
  const instance = (id: number, given = {}) =>
    registration({ service: 'web.1', id: `${id}`, address: `10.0.0.${id}`, ...given });
  const weights = { passing: 10, warning: 5 };
  const all = answers(
    service(
      'web.1',
      instance(3, { weights, tags: ['v2', 'eu'] }),
      instance(1, { weights, health: 'warning', tags: ['v2'] }),
      instance(2, { health: 'critical' }),
      instance(4, { health: 'maintenance' }),
      instance(5, { health: 'warning', weights: { passing: 1, warning: 0 } }),
    ),
  );

  test('is those of its instances that may serve, by address and weight', () => {
    expect(list('{}', all)).toBe('10.0.0.1:80 1 up warning dc1 web.1;10.0.0.3:80 2 up passing dc1 web.1;');
    expect(list("{ health: 'passing' }", all)).toBe('10.0.0.3:80 1 up passing dc1 web.1;');
    expect(list("{ health: 'any' }", all).split(';')).toHaveLength(6);
    expect(list("{ tags: ['v2', 'eu'] }", all)).toBe('10.0.0.3:80 1 up passing dc1 web.1;');
    expect(list("{ tags: ['v2', 'us'] }", all)).toBe('');
  });

  test('is asked for as the template says', () => {
    const text = `<%= it.service('a', { datacenter: 'dc2', near: '_agent', filter: 'x == 1', namespace: 'n', partition: 'p', peer: 'far' }).length %>`;
    expect(used(render(text))).toEqual([
      'service:a@dc2?namespace=n&partition=p&peer=far&near=_agent&filter=x%20%3D%3D%201',
    ]);
  });

  test('keeps the order of Consul where it says near what', () => {
    const near = { query: { kind: 'service', service: 'web.1', ...at, near: 'n1' } as const };
    const value = [instance(3), instance(1)];
    expect(list("{ near: 'n1' }", answers({ ...near, value }))).toMatch(/^10\.0\.0\.3.*;10\.0\.0\.1/);
  });

  test('obeys the rules for instances; what is left out is told', () => {
    const rendered = render(
      "<%= it.service('web1').length %>",
      answers(
        service(
          'web1',
          registration(),
          registration({ id: 'bad', address: '169.254.169.254' }),
          registration({ id: 'twice' }),
        ),
      ),
    );
    expect(rendered).toMatchObject({
      files: [{ contents: '1' }],
      leftOut: [{ kind: 'leftOut', upstream: 'service web1', instance: 'dc1/n1/bad' }],
    });
  });

  test('shows tags and meta that the configuration exposes, and names made plain', () => {
    const odd = registration({
      node: 'n 1;',
      service: 'web1',
      id: 'a b',
      tags: ['v2', 'evil;'],
      meta: { version: 'v1', note: '}' },
    });
    const text = `<% for (const s of it.service('web1')) { %><%~ s.node %> <%~ s.key %> <%~ s.tags.join() %> <%~ JSON.stringify(s.meta) %><% } %>`;
    expect(written(text, answers(service('web1', odd)))).toBe('n_1_ dc1/n_1_/a_b v2 {"version":"v1"}');
  });

  test('stays the same list while its answer does, and cannot be changed', () => {
    const text =
      "<%= String(it.service('web1') === it.service('web1')) %> <%= String(it.service('web1').every(Object.isFrozen)) %>";
    const snapshot = answers(service('web1', registration()));
    expect(written(text, snapshot)).toBe('true true');
    expect(problem("<% it.service('web1').push(1) %>", snapshot)).toMatch(/not extensible/);
  });

  test('has no option that there is not, and no such health', () => {
    expect(problem("<%= it.service('a', { tag: 'v2' }).length %>")).toMatch(
      /^it\.service has no option tag; it has datacenter, namespace, .*tags, health$/,
    );
    expect(problem("<%= it.service('a', { health: 'good' }).length %>")).toMatch(/health is one of/);
  });
});

test('the catalog is the names of services that nginx takes literally, with the tags that are exposed', () => {
  const value = [
    { name: 'web.1', tags: ['eu', 'secret', 'v2'] },
    { name: 'x; }', tags: [] },
  ];
  const rendered = render(
    '<% for (const { name, tags } of it.services()) { %><%= name %> <%= tags.join() %>;<% } %>',
    answers({ query: { kind: 'services', ...at }, value }),
  );
  expect(rendered).toMatchObject({
    files: [{ contents: 'web.1 eu,v2;' }],
    leftOut: [
      { upstream: 'services', instance: 'x; }', reason: expect.stringContaining('not take literally') },
    ],
  });
});

const notInUrl = ['..', '.', '/', '/a', 'a/', 'a//b', 'x/../y', './x'];

test.each(notInUrl)('no service by the name %j, of which Consul cannot be asked, gets in the way', (name) => {
  const value = [
    { name, tags: [] },
    { name: 'a/b..', tags: [] },
  ];
  const text =
    "<% for (const { name } of it.services()) { %><%= name %> <%= it.service(name).length %> <%= it.keyOr('cfg/' + name, 1) %>;<% } %>";
  const rendered = render(
    text,
    answers(
      { query: { kind: 'services', ...at }, value },
      service('a/b..', registration()),
      key('cfg/a/b..', undefined),
    ),
  );
  expect(rendered).toMatchObject({
    files: [{ contents: 'a/b.. 1 1;' }],
    leftOut: [
      { upstream: 'services', instance: name, reason: expect.stringContaining('cannot be asked for it') },
    ],
  });
});

test.each(['', ...notInUrl])('%j is no name of a service', (name) => {
  const text = `<%= it.service(${JSON.stringify(name)}).length %>`;
  expect(problem(text)).toBe(`it.service: ${JSON.stringify(name)} is no name that Consul can be asked for`);
  expect(used(render(text))).toEqual([]);
});

test.each([
  ['.', '_'],
  ['..', '__'],
  ['a/..', 'a_..'],
])('the node %j is shown as one that may be part of the path of a key: %j', (node, shown) => {
  const value = [{ datacenter: 'dc1', node, address: '10.0.0.1', meta: {} }];
  const text = "<% for (const { node } of it.nodes()) { %><%= it.keyOr('nodes/' + node, node) %><% } %>";
  const there = answers({ query: { kind: 'nodes', ...at }, value }, key(`nodes/${shown}`, undefined));
  expect(written(text, there)).toBe(shown);
});

test('nodes are those whose address nginx may connect to', () => {
  const node = (name: string, address: string, meta = {}) => ({
    datacenter: 'dc1',
    node: name,
    address,
    meta,
  });
  const value = [
    node('n1', '10.0.0.1', { version: 'v1', rack: 'r;' }),
    node('n 2', '2001:DB8::1'),
    node('n3', 'unix:/run/x'),
    node('n4', '169.254.0.1'),
    node('n5', '10.0.0.5', { version: 'v 1' }),
  ];
  const rendered = render(
    '<% for (const n of it.nodes()) { %><%= n.node %> <%= n.host %> <%= n.datacenter %> <%~ JSON.stringify(n.meta) %>;<% } %>',
    answers({ query: { kind: 'nodes', ...at }, value }),
  );
  expect(rendered).toMatchObject({
    files: [{ contents: 'n1 10.0.0.1 dc1 {"version":"v1"};n_2 [2001:db8::1] dc1 {};' }],
    leftOut: [{ instance: 'dc1/n3' }, { instance: 'dc1/n4' }, { instance: 'dc1/n5' }],
  });
});

test('a variable is seen that the configuration names, and no other', () => {
  const environment = { PORT: '80', EMPTY: undefined };
  expect(written("<%= it.env('PORT') %> <%= it.env('EMPTY') ?? 'none' %>", undefined, environment)).toBe(
    '80 none',
  );
  expect(problem("<%= it.env('PATH') %>", undefined, environment)).toBe(
    'templates may not see the variable PATH; name it in expose.env of upsync.yaml',
  );
  expect(problem("<%= it.env('constructor') %>", undefined, environment)).toMatch(/may not see/);
});

test('lists are sorted into groups', () => {
  const instances = answers(
    service(
      'web1',
      registration({ id: 'a', address: '10.0.0.1', tags: ['v2', 'eu'], meta: { version: 'b' } }),
      registration({ id: 'b', address: '10.0.0.2', tags: ['v2'], meta: { version: 'a' }, datacenter: 'dc0' }),
      registration({ id: 'c', address: '10.0.0.3' }),
    ),
  );
  const groups = (expression: string) =>
    written(
      `<% const list = it.service('web1'); for (const [group, members] of ${expression}) { %><%= group %>=<%= members.map((s) => s.host).join(',') %>;<% } %>`,
      instances,
    );
  expect(groups('it.byTag(list)')).toBe('eu=10.0.0.1;v2=10.0.0.1,10.0.0.2;');
  expect(groups("it.byMeta(list, 'version')")).toBe('a=10.0.0.2;b=10.0.0.1;');
  expect(groups('it.byDatacenter(list)')).toBe('dc0=10.0.0.2;dc1=10.0.0.1,10.0.0.3;');
  expect(groups('it.groupBy(list, (s) => s.tags.length)')).toBe('2=10.0.0.1;1=10.0.0.2;0=10.0.0.3;');
  expect(written('<%= [...it.byDatacenter(it.upstreams[0].servers).keys()].join() %>')).toBe('dc1');
});

describe('text that somebody put into the registry', () => {
  const evil = 'x; } server { listen 1; root /; }';
  const snapshot = answers(key('k', evil), tree('t/', { 'a;b': evil }), key('plain', 'v2'));

  test('is one word where it is escaped', () => {
    expect(written("set $x <%= it.key('k') %>;", snapshot)).toBe(`set $x "${evil}";`);
    expect(written("<% for (const { key } of it.tree('t')) { %>a <%= key %>;<% } %>", snapshot)).toBe(
      'a "a;b";',
    );
  });

  test.each([
    ["<%~ it.key('k') %>", 'key k'],
    ["<%~ it.keyOr('k', '') // a comment\n%>", 'key k'],
    ["\n<%~ ' ' + it.key('k') + '\\n' %>", 'key k'],
    ["<% for (const { value } of it.tree('t')) { %><%~ value %><% } %>", 'key t/a;b'],
    ["<% for (const { key } of it.tree('t')) { %><%~ key %><% } %>", 'the name of key t/a;b'],
    ["<%~ it.env('E') %>", 'variable E'],
  ])('is not written as it is: %s', (text, whose) => {
    const rendered = render(text, snapshot, { E: evil });
    expect(rendered).toMatchObject({
      kind: 'problem',
      problem: {
        what: `here <%~ … %> would write the very text of ${whose} as configuration; write it with <%= … %>`,
        where: expect.stringMatching(/a\.conf\.eta:\d/),
      },
    });
  });

  test('may be written as it is where nothing in it means anything to nginx', () => {
    expect(written("<%~ it.key('plain') %>", snapshot)).toBe('v2');
  });

  test('is written by a part that is included, as the parts of a template are', () => {
    writeFileSync(join(folder, '_part.eta'), "b <%= it.key('k') %>;");
    expect(written("<%~ include('_part') %>", snapshot)).toBe(`b "${evil}";`);
    writeFileSync(join(folder, '_part.eta'), "<%~ it.key('k') %>");
    expect(problem("<%~ include('_part') %>", snapshot)).toMatch(/the very text of key k/);
  });

  test.each(['a$b', 'a\nb', 'a\u0000', 'a\u2028'])('with %j in it is refused', (text) => {
    expect(problem("# <%= it.key('k') %>", answers(key('k', text)))).toMatch(/would not take literally/);
  });
});

describe('an error says whose a text is, and not the text, which may be a secret', () => {
  const secret = 'hunter2-hunter2';
  const environment = { PASSWORD: `${secret}$\n` };
  const snapshot = answers(
    key('app/password', `${secret}$\n`),
    key('plain', secret),
    key('json', `{"password": "${secret}$\\n"}`),
    tree('t/', { a: `${secret}$\n` }),
  );
  const literally = 'holds a character that nginx would not take literally';
  const apart = "would not be read as part of one word of nginx's configuration";

  const what = (text: string, quoting?: Quoting) => {
    const rendered = render(text, snapshot, environment, quoting);
    return rendered.kind === 'problem' ? rendered.problem.what : rendered.kind;
  };

  test.each([
    ["<%= it.key('app/password') %>", `the text of key app/password ${literally}`],
    ["<%= it.keyOr('app/password', '') %>", `the text of key app/password ${literally}`],
    ["<%= it.env('PASSWORD') %>", `the text of variable PASSWORD ${literally}`],
    ["<% for (const { value } of it.tree('t')) { %><%= value %><% } %>", `the text of key t/a ${literally}`],
    ["<%= it.key('app/password').trim() %>", `a text made of that of key app/password ${literally}`],
    ["<%= 'a ' + it.key('app/password') %>", `a text made of that of key app/password ${literally}`],
    ["<%= JSON.parse(it.key('json')).password %>", `a text made of that of key json ${literally}`],
    ["<%= '$' + it.key('plain') %>", `a text made of that of key plain ${literally}`],
    ["set $x pre<%= it.key('plain') + ' ' %>;", `a text made of that of key plain ${apart}`],
    ["content_by_lua_block { x = <%= it.key('plain') %> }", `the text of key plain ${apart}`],
  ])('%s', (text, said) => {
    expect(what(text)).toBe(said);
    expect(what(text, 'nginx')).toBe(said);
  });

  test.each([
    ["<%= it.key('app/password') %>", 'the text of key app/password holds a control character'],
    ["<%= it.env('PASSWORD') %>", 'the text of variable PASSWORD holds a control character'],
    ["<%= it.key('plain') + '\\n' %>", 'a text made of that of key plain holds a control character'],
  ])('without quoting: %s', (text, said) => {
    expect(what(text, 'none')).toMatch(said);
    expect(what(text, 'none')).not.toContain('hunter2');
  });

  test('though a program in JSON or a regular expression is what it is taken for', () => {
    expect(what("<% JSON.parse(it.key('plain')) %>")).toBe("Unexpected token 'h', … is not valid JSON");
    expect(what("<% JSON.parse(it.key('json') + ']') %>")).not.toContain('hunter2');
    expect(what("<% new RegExp(it.key('plain') + '(') %>")).toMatch(
      /^Invalid regular expression: ….*Unterminated/,
    );
  });

  test('any other text is told, cut', () => {
    expect(what("<%= '$' + 'x'.repeat(1000) %>")).toBe(`"$${'x'.repeat(59)}…" ${literally}`);
    expect(what("<% it.upstream('x'.repeat(1000)) %>").length).toBeLessThan(510);
  });

  test('for other programs text of a key may be written as it is', () => {
    expect(render("<%~ it.key('app/password') %>", snapshot, environment, 'none')).toMatchObject({
      files: [{ contents: `${secret}$\n` }],
    });
  });
});

test('templates that lack something give way to those before, which are followed on; both go on asking', () => {
  writeFileSync(join(folder, 'a.conf.eta'), "<%= it.keyOr('old', 'o') %>");
  const templates = createTemplates({ kind: 'folder', folder }, templatesContext());
  const old = answers(key('old', undefined));
  expect(templates.render(one, old)).toMatchObject({ kind: 'files', files: [{ contents: 'o' }] });
  templates.judge(undefined);
  writeFileSync(join(folder, 'a.conf.eta'), "<%= it.key('new') %>");
  templates.reload();
  const rendered = templates.render(one, old);
  expect(rendered).toMatchObject({ kind: 'files', files: [{ contents: 'o' }] });
  expect(used(rendered)).toEqual(['key:old', 'key:new']);
  expect(templates.aside()).toEqual({ problem: { what: 'waiting for key new' } });

  const both = answers(key('old', undefined), key('new', 'n'));
  expect(templates.render(one, both)).toMatchObject({ files: [{ contents: 'n' }], used: [{ path: 'new' }] });
  expect(templates.aside()).toBeUndefined();
});
