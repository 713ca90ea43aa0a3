import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
let events: Event[] = [];
let clock = manualClock();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-templates-'));
  events = [];
  clock = manualClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const open = () =>
  createTemplates(
    { kind: 'folder', folder },
    templatesContext({ clock, report: (event) => events.push(event) }),
  );
const refusal = { what: 'unknown directive', where: 'http/a.conf:1' };
const two: View = view(
  upstream([server(1, { weight: 3 }), server(2, { state: 'down' })]),
  upstream([], { name: 'web2', balance: 'least_conn', keepalive: 0, zone: 0 }),
);

test('the built-in template writes one upstream for each', () => {
  const builtin = createTemplates({ kind: 'builtin' }, templatesContext());
  expect(builtin.render(two)).toMatchObject({
    kind: 'files',
    files: [
      {
        path: 'http/upstreams.conf',
        contents: `upstream web1 {
    zone upsync_web1 64k;
    server 10.0.0.1:80 weight=3;
    server 10.0.0.2:80 down;
    keepalive 32;
}
upstream web2 {
    least_conn;
    server 127.9.9.9:20000 max_fails=0;
}
`,
      },
    ],
  });
});

test('weights are divided by what an upstream has in common', () => {
  write('a.conf.eta', '<% for (const { weight } of it.upstreams[0].servers) { %><%= weight %> <% } %>');
  const weighted = view(upstream([server(1, { weight: 100 }), server(2, { weight: 250 })]));
  expect(open().render(weighted)).toMatchObject({ files: [{ contents: '2 5 ' }] });
});

test('max_fails and fail_timeout are written where they are not what nginx takes by itself', () => {
  write('a.conf.eta', '<%~ it.servers(it.upstream("web1")) %>');
  const strict = view(upstream([server(1)], { maxFails: 3, failTimeout: 5 }));
  expect(open().render(strict)).toMatchObject({
    files: [{ contents: '    server 10.0.0.1:80 max_fails=3 fail_timeout=5s;' }],
  });
});

test('a folder gives a file for each template, partials aside', () => {
  write('a.conf.eta', 'a <%~ include("./_part") %>\n');
  write('_part.eta', 'part <%= it.upstreams.length %>');
  write('notes.txt', 'not a template');
  expect(open().render(two)).toMatchObject({
    kind: 'files',
    files: [{ path: 'http/a.conf', contents: 'a part 2\n' }],
  });
});

test('only what is named so becomes a file; all else is there to be included, with or without its ending', () => {
  mkdirSync(join(folder, 'stream'));
  mkdirSync(join(folder, 'parts'));
  write('a.conf.eta', '<%~ include("parts/b") %> <%~ include("_c") %> <%~ include("d.eta") %>');
  write('stream/s.conf.eta', 's');
  write('parts/b.conf.eta', 'b');
  write('_c.conf.eta', 'c');
  write('d.eta', 'd');
  expect(open().render(two)).toMatchObject({
    files: [
      { path: 'http/a.conf', contents: 'b c d' },
      { path: 'stream/s.conf', contents: 's' },
    ],
  });
});

test('an included template sees what it is given, and all that the one around it sees', () => {
  write(
    'a.conf.eta',
    '<% for (const upstream of it.upstreams) { %>\n<%~ include("_one", { upstream, port: 81 }) %>\n<% } %>\n',
  );
  write('_one.eta', '<%= it.upstream.name %>:<%= it.port %> of <%= it.upstreams.length %>');
  expect(open().render(two)).toMatchObject({ files: [{ contents: 'web1:81 of 2\nweb2:81 of 2\n' }] });
});

test('a layout stands around what a template writes, which is written once', () => {
  write(
    'a.conf.eta',
    '<% layout("layouts/_site", { name: "x y" }) %>\nreturn 200 <%= it.quoted ?? "a b" %>;\n',
  );
  mkdirSync(join(folder, 'layouts'));
  write(
    'layouts/_site.eta',
    'server {\nserver_name <%= it.name %>;\n<%~ it.body %>\n<%~ include("_end") %>\n}\n',
  );
  write('layouts/_end.eta', '# <%= it.upstreams[0].name %>');
  expect(open().render(two)).toMatchObject({
    files: [{ contents: 'server {\nserver_name "x y";\nreturn 200 "a b";\n\n# web1\n}\n' }],
  });
});

test('what a layout writes of a template is judged with all around it', () => {
  write('a.conf.eta', '<% layout("_site") %><%= "two words" %>');
  write('_site.eta', 'a "<%~ it.body %>";');
  expect(open().render(two)).toMatchObject({
    kind: 'problem',
    problem: {
      what: expect.stringContaining('would not be read as part of one word'),
      where: `${join(folder, 'a.conf.eta')}:1`,
    },
  });
});

test('an error is told where it is, however deep', () => {
  write('a.conf.eta', '<% layout("_site") %>\n<%~ include("_part") %>\n');
  write('_site.eta', '<%~ it.body %>');
  write('_part.eta', '\n\n<%= it.upstream("nobody").name %>');
  const where = (name: string, line: number) => ({ problem: { where: `${join(folder, name)}:${line}` } });
  expect(open().render(two)).toMatchObject(where('_part.eta', 3));
  write('_part.eta', '');
  write('_site.eta', '\n<%= it.nothing %>');
  expect(open().render(two)).toMatchObject(where('_site.eta', 2));
});

test('a list gives each its mode and owner', () => {
  write('any.eta', 'x');
  const source = join(folder, 'any.eta');
  const list = [
    { source, destination: '/etc/nginx/any.conf', mode: 0o640, owner: { uid: 33 } },
    { source, destination: 'http/any.conf' },
  ];
  const rendered = createTemplates({ kind: 'list', list }, templatesContext()).render(two);
  expect(rendered.kind === 'files' && rendered.files).toEqual([
    { path: '/etc/nginx/any.conf', contents: 'x', mode: 0o640, owner: { uid: 33 } },
    { path: 'http/any.conf', contents: 'x' },
  ]);
});

test('a line end stays behind a value, and goes behind code', () => {
  write('a.conf.eta', '<% if (true) { %>\n# <%= it.upstreams[0].name %>\na;\n<% } %>\nb;\n');
  expect(open().render(two)).toMatchObject({ files: [{ contents: '# web1\na;\nb;\n' }] });
});

test('a list gives each its destination', () => {
  write('any.eta', 'x');
  const list = [{ source: join(folder, 'any.eta'), destination: 'stream/db.conf' }];
  const templates = createTemplates({ kind: 'list', list }, templatesContext());
  expect(templates.render(two)).toMatchObject({ files: [{ path: 'stream/db.conf' }] });
});

test('an error from the start names file and line', () => {
  write('a.conf.eta', 'fine\n<% if ( { %>\n');
  expect(open).toThrow(/a\.conf\.eta:2: .*mend the template/);
  write('a.conf.eta', 'fine\n\n<%= it');
  expect(open).toThrow(/a\.conf\.eta:3: unclosed tag/);
});

test('an empty folder is an error that says what to do', () => {
  expect(open).toThrow(/no template in this folder; put one there/);
});

test('a broken edit is reported with file and line, and the last good templates go on', () => {
  write('a.conf.eta', 'one <%= it.upstreams.length %>');
  const templates = open();
  templates.render(two);
  write('a.conf.eta', '<% oops( %>');
  templates.reload();
  expect(events).toMatchObject([
    { type: 'problem', problem: { where: expect.stringMatching(/a\.conf\.eta:1$/) } },
  ]);
  expect(templates.render(view())).toMatchObject({ files: [{ contents: 'one 0' }] });
});

test('an edit that fails only while it renders is reported once, and the last good templates go on', () => {
  write('a.conf.eta', 'one');
  const templates = open();
  templates.render(two);
  templates.judge(undefined);
  write('a.conf.eta', 'two\n<%= it.upstream("nobody").name %>');
  templates.reload();
  expect(templates.render(two)).toMatchObject({ files: [{ contents: 'one' }] });
  templates.render(two);
  expect(events).toMatchObject([
    {
      type: 'problem',
      problem: {
        where: expect.stringMatching(/a\.conf\.eta:2$/),
        what: expect.stringContaining('no upstream nobody'),
      },
    },
  ]);
});

const contents = (templates: ReturnType<typeof open>) => {
  const rendered = templates.render(two);
  if (rendered.kind === 'waiting') return rendered.missing.join();
  return rendered.kind === 'files' ? rendered.files[0]?.contents : rendered.problem.what;
};

test('an edit that nginx refuses is put aside for those that it took, and tried again, later and later', async () => {
  write('a.conf.eta', 'one');
  const templates = open();
  expect(contents(templates)).toBe('one');
  expect(templates.judge(undefined)).toBe(false);
  write('a.conf.eta', 'two');
  templates.reload();
  for (const wait of [4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    expect(contents(templates)).toBe('two');
    expect(templates.judge(refusal)).toBe(true);
    expect(contents(templates)).toBe('one');
    expect(templates.judge(undefined)).toBe(false);
    expect(templates.aside()).toMatchObject({ problem: refusal, until: clock.now() + wait });
    await clock.advance(wait);
  }
  expect(contents(templates)).toBe('two');
  expect(templates.judge(undefined)).toBe(false);
  expect(templates.aside()).toBeUndefined();
});

test('another edit is tried at once', () => {
  write('a.conf.eta', 'one');
  const templates = open();
  templates.render(two);
  templates.judge(undefined);
  write('a.conf.eta', 'two');
  templates.reload();
  templates.render(two);
  templates.judge(refusal);
  write('a.conf.eta', 'three');
  templates.reload();
  expect(contents(templates)).toBe('three');
});

test('templates that nginx never took have none to go back to', () => {
  write('a.conf.eta', 'one');
  const templates = open();
  templates.render(two);
  expect(templates.judge(refusal)).toBe(false);
  expect(contents(templates)).toBe('one');
});

test('while an edit is broken that is told, and no longer once it is mended', () => {
  write('a.conf.eta', 'one');
  const templates = open();
  templates.render(two);
  templates.judge(undefined);
  write('a.conf.eta', '<% oops( %>');
  templates.reload();
  templates.render(two);
  templates.judge(undefined);
  expect(templates.aside()?.problem.where).toMatch(/a\.conf\.eta:1$/);
  write('a.conf.eta', 'two');
  templates.reload();
  expect(templates.aside()).toBeUndefined();
});

test('a mended edit is used', () => {
  write('a.conf.eta', 'one');
  const templates = open();
  templates.render(two);
  write('a.conf.eta', '<% oops( %>');
  templates.reload();
  write('a.conf.eta', 'three');
  templates.reload();
  expect(templates.render(two)).toMatchObject({ files: [{ contents: 'three' }] });
});

test('what is undefined is an error, not the word', () => {
  write('a.conf.eta', '<%= it.upstreams[0].nothing %>');
  expect(open().render(two)).toMatchObject({
    kind: 'problem',
    problem: { what: expect.stringContaining('undefined') },
  });
});

test('without quoting values stand as they are, however the text around them would read to nginx', () => {
  write('x.json.eta', '{"servers": <%~ JSON.stringify(it.upstreams[0].servers) %>, "it": "<%= `a b#` %>"');
  const templates = createTemplates(
    { kind: 'list', list: [{ source: join(folder, 'x.json.eta'), destination: '/etc/x.json' }] },
    { ...templatesContext({ clock, report: (event) => events.push(event) }), foreign: { quoting: 'none' } },
  );
  expect(templates.render(view(upstream([server(1)])))).toMatchObject({
    files: [
      {
        path: '/etc/x.json',
        contents: expect.stringMatching(/^\{"servers": \[\{"host":"10\.0\.0\.1",.*, "it": "a b#"$/),
      },
    ],
  });
  write('x.json.eta', '\n<%= "a\\nb" %>');
  templates.reload();
  expect(templates.render(two)).toMatchObject({
    kind: 'problem',
    problem: { where: `${join(folder, 'x.json.eta')}:2`, what: expect.stringContaining('end of a line') },
  });
});

test('templates of another program see upstreams of http and stream alike', () => {
  write(
    'x.eta',
    '<%= it.upstreams.map(({ name }) => name).join(" ") %> <%= it.upstream("db").servers.length %>',
  );
  const templates = createTemplates(
    { kind: 'list', list: [{ source: join(folder, 'x.eta'), destination: '/etc/x' }] },
    { ...templatesContext({ clock, report: (event) => events.push(event) }), foreign: { quoting: 'none' } },
  );
  const both = view(upstream([server(1)], { name: 'db', protocol: 'tcp' }), upstream([server(2)]));
  expect(templates.render(both)).toMatchObject({
    kind: 'files',
    files: [{ path: '/etc/x', contents: 'db web1 1' }],
  });
});
