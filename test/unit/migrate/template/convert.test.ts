import { runInNewContext } from 'node:vm';
import { Eta } from 'eta';
import { describe, expect, test } from 'vitest';
import { convertTemplate } from '../../../../src/migrate/template/convert.ts';
import { parseTemplate } from '../../../../src/migrate/template/parse.ts';
import type { UpstreamKeys } from '../../../../src/migrate/template/upstream.ts';
import { compile } from '../../../../src/template/compile.ts';

function convert(text: string, { isNginx = true } = {}) {
  const nodes = parseTemplate({
    text,
    delimiters: { left: '{{', right: '}}' },
    origin: { file: 'a.ctmpl', line: 1 },
    isNginx,
  });
  const upstreams: Record<string, UpstreamKeys> = {};
  const claim = (name: string, keys: UpstreamKeys) => {
    upstreams[name] = keys;
    return name;
  };
  return { ...convertTemplate(nodes, { file: 'a.ctmpl', isNginx, claim }), upstreams };
}

const eta = (text: string) => convert(text).eta;

describe('a value', () => {
  test.each([
    ['x {{key "a/b"}};', "x <%= it.key('a/b') %>;"],
    ['x {{key "/a?ns=n@dc2"}};', "x <%= it.key('a', { datacenter: 'dc2', namespace: 'n' }) %>;"],
    ['{{keyOrDefault "a" "5"}};', "<%= it.keyOr('a', '5') %>;"],
    ['{{env "A"}} {{envOrDefault "B" "b"}}', "<%= it.env('A') ?? '' %> <%= it.env('B') || 'b' %>"],
    [
      '{{printf "%s-%03d%%" (env "A") 7}}',
      `<%= \`\${it.env('A') ?? ''}-\${String(7).padStart(3, '0')}%\` %>`,
    ],
    [
      '{{env "A" | toLower | replaceAll "-" "_" | trimSpace}}',
      "<%= (it.env('A') ?? '').toLowerCase().replaceAll('-', '_').trim() %>",
    ],
    ['{{"{{"}} {{`it\'s`}}', "{{ it's"],
    [
      '{{len (service "a")}} {{add 1 2}} {{5 | subtract 2}}',
      "<%= it.service('a', { health: 'passing' }).length %> <%= 1 + 2 %> <%= 5 - 2 %>",
    ],
    ['{{$a := key "x"}}{{$a}}', "<% const a = it.key('x'); %><%= a %>"],
    ['{{$a := 1}}{{$a = 2}}', '<% let a = 1; %>\n<% a = 2; %>\n'],
    ['{{$class := 1}}{{$it := 2}}', '<% const class2 = 1; %>\n<% const it2 = 2; %>\n'],
    ['x {{not true}} {{eq 1 2}}', 'x <%= String(!true) %> <%= String(1 === 2) %>'],
  ])('%s becomes %s', (go, expected) => {
    expect(convert(go)).toMatchObject({ eta: expected, marks: [] });
  });

  test('in double quotes gives them up, since it brings its own where it needs any', () => {
    expect(eta('add_header A "{{key "a"}}";')).toBe("add_header A <%= it.key('a') %>;");
    expect(eta('add_header A "x {{key "a"}}";')).toBe('add_header A "x <%= it.key(\'a\') %>";');
    expect(convert('a "{{key "a"}}"', { isNginx: false }).eta).toBe('a "<%= it.key(\'a\') %>"');
  });
});

describe('a service', () => {
  test.each([
    ['web', "it.service('web', { health: 'passing' })"],
    [
      'v2.web@dc2~_agent',
      "it.service('web', { tags: ['v2'], datacenter: 'dc2', near: '_agent', health: 'passing' })",
    ],
    ['web|passing', "it.service('web', { health: 'passing' })"],
    ['web|warning,passing', "it.service('web')"],
    ['web|any', "it.service('web', { health: 'any' })"],
    [
      'web|critical,maintenance',
      "it.service('web', { health: 'any' }).filter((one) => ['critical', 'maintenance'].includes(one.health))",
    ],
    [
      'web?ns=a&partition=b&peer=c',
      "it.service('web', { health: 'passing', namespace: 'a', partition: 'b', peer: 'c' })",
    ],
  ])('%s', (text, expected) => {
    expect(eta(`{{range service "${text}"}}x{{end}}`)).toBe(
      `<% for (const server of ${expected}) { %>x<% } %>`,
    );
  });

  test.each([
    ['printf "canary.%s" .Name', "it.service(service.name, { tags: ['canary'], health: 'passing' })"],
    ['print .Name "|passing,warning"', 'it.service(service.name)'],
    [
      'printf "a.web-%s@dc2" .Name',
      `it.service(\`web-\${service.name}\`, { tags: ['a'], datacenter: 'dc2', health: 'passing' })`,
    ],
    ['printf "web-%s" .Name', `it.service(\`web-\${service.name}\`, { health: 'passing' })`],
    [
      'print .Name "@dc2" | print "v2."',
      "it.service(service.name, { tags: ['v2'], datacenter: 'dc2', health: 'passing' })",
    ],
    ['.Name', "it.service(service.name, { health: 'passing' })"],
    ['.Name "any"', "it.service(service.name, { health: 'any' })"],
    ['print "v1." (printf "%s" .Name)', "it.service(service.name, { tags: ['v1'], health: 'passing' })"],
  ])('whose name is computed is taken apart as consul-template would: %s', (name, expected) => {
    const args = /^\./.test(name) ? name : `(${name})`;
    expect(convert(`{{range services}}{{range service ${args}}}x{{end}}{{end}}`)).toMatchObject({
      eta: expect.stringContaining(`of ${expected}) {`),
      marks: [],
    });
  });

  test.each([
    '{{range service (key "a")}}x{{end}}',
    '{{range service (env "A")}}x{{end}}',
    '{{range service (env "A" | toLower)}}x{{end}}',
    '{{$a := key "a"}}{{range service $a}}x{{end}}',
    '{{with env "A"}}{{range service .}}x{{end}}{{end}}',
    '{{range split "," (key "a")}}{{range service .}}x{{end}}{{end}}',
    '{{range tree "a"}}{{range service .Value}}x{{end}}{{end}}',
    '{{range key "a" | parseJSON}}{{range service .name}}x{{end}}{{end}}',
    '{{range services}}{{range service (printf "%s.%s" .Name .Name)}}x{{end}}{{end}}',
    '{{range services}}{{range service (printf "web@%s" .Name)}}x{{end}}{{end}}',
    '{{range services}}{{range service (.Name | replaceAll "_" ".")}}x{{end}}{{end}}',
    '{{$a := "web"}}{{$a = "v2.web"}}{{range service $a}}x{{end}}',
  ])('of which nobody can know what it names is marked: %s', (go) => {
    expect(convert(go).marks).toMatchObject([{ instead: expect.stringContaining('it.service(') }]);
  });

  test('by a variable of a text is taken apart too, and so is the path of a key', () => {
    expect(eta('{{$a := "v2.web"}}{{range service $a}}x{{end}}')).toContain(
      "it.service('web', { tags: ['v2'],",
    );
    expect(eta('{{$a := "web"}}{{range service $a}}x{{end}}')).toContain('it.service(a, {');
    expect(eta('{{key (printf "a/%s@dc2" (env "A"))}};')).toContain(
      `it.key(\`a/\${it.env('A') ?? ''}\`, { datacenter: 'dc2' })`,
    );
    expect(convert('{{key (printf "a@%s" (env "A"))}};').marks).toHaveLength(1);
  });

  test('has its fields by their new names, and what they need is noted', () => {
    const { eta: text, needs } = convert(
      '{{range service "web"}}{{.Name}} {{.Status}} {{.ID}} {{.Node}} {{.Address}}:{{.Port}} {{.Weights.Passing}} {{.ServiceMeta.zone}} {{index .ServiceMeta "a-b"}} {{.Tags | join ","}}{{if .Tags | contains "x"}}{{end}}{{end}}',
    );
    expect(text).toBe(
      "<% for (const server of it.service('web', { health: 'passing' })) { %><%= server.service %> <%= server.health %> <%= server.key.split('/').slice(2).join('/') %> <%= server.node %> <%= server.host %>:<%= server.port %> <%= server.weight %> <%~ server.meta.zone ?? '' %> <%~ server.meta['a-b'] ?? '' %> <%= server.tags.join(',') %><% if (server.tags.includes('x')) { %><% } %><% } %>",
    );
    expect(needs).toMatchObject({ meta: new Set(['zone', 'a-b']), tags: new Set(['x']) });
  });
});

describe('a block', () => {
  test.each([
    ['{{if keyExists "a"}}1{{else if .}}{{end}}', undefined],
    [
      '{{if keyExists "a"}}1{{else if eq (key "b") "x" "y"}}2{{else}}3{{end}}',
      "<% if (it.keyOr('a', undefined) !== undefined) { %>1<% } else if (it.key('b') === 'x' || it.key('b') === 'y') { %>2<% } else { %>3<% } %>",
    ],
    ['{{if service "a"}}1{{end}}', "<% if (it.service('a', { health: 'passing' }).length > 0) { %>1<% } %>"],
    [
      '{{if and (service "a") (not (service "b"))}}1{{end}}',
      "<% if (it.service('a', { health: 'passing' }).length > 0 && it.service('b', { health: 'passing' }).length === 0) { %>1<% } %>",
    ],
    [
      '{{with key "a"}}{{.}}{{else}}0{{end}}',
      "<% const value = it.key('a'); if (value) { %><%= value %><% } else { %>0<% } %>",
    ],
    [
      '{{range $i, $s := service "a"}}{{$i}}{{$s.Port}}{{end}}',
      "<% for (const [i, s] of it.service('a', { health: 'passing' }).entries()) { %><%= i %><%= s.port %><% } %>",
    ],
    [
      '{{range services}}{{.Name}}{{end}}{{range nodes}}{{.Address}}{{end}}',
      '<% for (const service of it.services()) { %><%= service.name %><% } %><% for (const node of it.nodes()) { %><%= node.host %><% } %>',
    ],
    [
      '{{range ls "a"}}{{.Key}}{{else}}none{{end}}',
      "<% const entries = it.tree('a').filter((entry) => !entry.key.includes('/')); for (const entry of entries) { %><%= entry.key %><% } if (entries.length === 0) { %>none<% } %>",
    ],
    [
      '{{range $t, $l := service "a" | byTag}}{{$t}}{{range $l}}{{.Port}}{{end}}{{end}}',
      "<% for (const [t, l] of it.byTag(it.service('a', { health: 'passing' }))) { %><%= t %><% for (const server of l) { %><%= server.port %><% } %><% } %>",
    ],
    [
      '{{range loop 1 3}}{{.}}{{if eq . 2}}{{break}}{{end}}{{end}}',
      '<% for (const number of Array.from({ length: 3 - 1 }, (_, i) => 1 + i)) { %><%= number %><% if (number === 2) { %><% break; %><% } %><% } %>',
    ],
  ])('%s', (go, expected) => {
    const { eta: text, marks } = convert(go);
    if (expected === undefined) expect(marks).toHaveLength(1);
    else expect({ text, marks }).toEqual({ text: expected, marks: [] });
  });

  test.each([
    { text: 'a,,b,', expected: ['a', '', 'b', ''] },
    { text: ' a , b\n', expected: ['a ', ' b'] },
    { text: '', expected: [] },
    { text: ' \n', expected: [] },
  ])('that goes through the parts of $text has the same ones as in Go', ({ text, expected }) => {
    const code = /const parts = (.*); %>/.exec(eta('{{$parts := split "," (key "a")}}'))?.[1] ?? '';
    const parts: unknown = runInNewContext(code, { it: { key: () => text } });
    expect(parts).toEqual(expected);
  });

  test.each([
    ['{"b": {"c": 1}, "a": {"c": 2}}', 'a=2;+b=1;'],
    ['[{"c": 1}, {"c": 2}]', '0=1;+1=2;'],
    ['{}', 'none'],
    ['[]', 'none'],
  ])('with a key goes through %s as Go does, object or list', (json, expected) => {
    const go =
      '{{range $k, $v := key "a" | parseJSON}}{{if $k}}{{if ne $k "a"}}+{{end}}{{end}}{{$k}}={{$v.c}};{{else}}none{{end}}';
    expect(new Eta().renderString(eta(go), { key: () => json })).toBe(expected);
  });

  test('gives no name twice where one could see the other', () => {
    expect(eta('{{$s := key "a"}}{{with $s}}{{$s := toUpper $s}}{{$s}}{{end}}')).toBe(
      "<% const s = it.key('a'); %><% const value = s; if (value) { %><% const s2 = s.toUpperCase(); %><%= s2 %><% } %>",
    );
  });
});

describe('blanks', () => {
  test.each([
    [
      'a tag alone on its line keeps it, and what it trims is no more',
      'a {\n  {{- range service "w"}}\n  b;\n  {{- end}}\n}\n',
      "a {\n<%   for (const server of it.service('w', { health: 'passing' })) { %>\n  b;\n<%   } %>\n}\n",
    ],
    [
      'and so without trimming',
      'a {\n  {{range service "w"}}\n  b;\n  {{end}}\n}\n',
      "a {\n<%   for (const server of it.service('w', { health: 'passing' })) { %>\n  b;\n<%   } %>\n}\n",
    ],
    [
      'tags that share a line each get one',
      'a\n{{if true}} {{$b := 1}}\nc\n{{end}}\n',
      'a\n<% if (true) { %>\n<% const b = 1; %>\nc\n<% } %>\n',
    ],
    [
      'the end of a line behind a tag within text is written twice, since Eta takes one',
      '# a{{if true}} b{{end}}\nc;\n',
      '# a<% if (true) { %> b<% } %>\n\nc;\n',
    ],
    ['what is joined stays joined', 'a\n{{- if true -}}\nb\n{{- end -}}\nc;', 'a<% if (true) { %>b<% } %>c;'],
    [
      'but for what a semicolon or a brace parts',
      'a;\n{{- if true -}}\nb;\n{{- end -}}\nc;',
      'a;\n<% if (true) { %>\nb;\n<% } %>\nc;',
    ],
    ['text that looks like a tag of Eta is text', 'a <% b', "a <%~ '<' %>% b"],
  ])('%s', (_, go, expected) => {
    expect(eta(go)).toBe(expected);
  });
});

describe('an upstream of one service', () => {
  const servers = (name: string) => `<%~ it.servers(it.upstream('${name}')) %>\n`;

  test('is one of upsync, with all that its lines say', () => {
    const {
      eta: text,
      upstreams,
      needs,
    } = convert(
      'upstream web {\n  least_conn;\n{{range service "v1.web|passing,warning"}}  server {{.Address}}:{{.Port}} max_fails=3 fail_timeout=60 weight=1;\n{{else}}  server 127.0.0.1:65535; # 502\n{{end}}  keepalive 8;\n}\n',
    );
    expect(text).toBe(`upstream web {\n  least_conn;\n${servers('web')}  keepalive 8;\n}\n`);
    expect(upstreams).toEqual({
      web: { service: 'web', tags: ['v1'], on_warning: 'use', max_fails: 3, fail_timeout: '60s' },
    });
    expect([...needs.remarks]).toEqual([
      "the else of web's servers was left out: with no server upsync answers 503 by itself",
    ]);
  });

  test('by a variable, and with its weight of Consul', () => {
    const { eta: text, upstreams } = convert(
      '{{$s := service "a"}}upstream b { {{range $x := $s}}server {{$x.Address}}:{{$x.Port}} weight={{$x.Weights.Passing}};{{end}} }',
    );
    expect(text).toContain(servers('b'));
    expect(upstreams).toEqual({ b: { service: 'a', on_warning: 'drop' } });
  });

  test.each([
    [
      'has a server of its own before',
      'upstream a {\nserver b:1 backup;\n{{range service "a"}}server {{.Address}}:{{.Port}};{{end}}\n}',
    ],
    [
      'has one behind',
      'upstream a {\n{{range service "a"}}server {{.Address}}:{{.Port}};{{end}}\nserver b:1 backup;\n}',
    ],
    [
      'has two services',
      'upstream a {\n{{range service "a"}}server {{.Address}}:{{.Port}};{{end}}\n{{range service "b"}}server {{.Address}}:{{.Port}};{{end}}\n}',
    ],
    [
      'has parameters that upsync does not write',
      'upstream a {\n{{range service "a"}}server {{.Address}}:{{.Port}} max_conns=5;{{end}}\n}',
    ],
    [
      'chooses among its servers',
      'upstream a {\n{{range service "a"}}{{if .Tags}}server {{.Address}}:{{.Port}};{{end}}{{end}}\n}',
    ],
    [
      'takes critical ones',
      'upstream a {\n{{range service "a|any"}}server {{.Address}}:{{.Port}};{{end}}\n}',
    ],
    ['has another port', 'upstream a {\n{{range service "a"}}server {{.Address}}:80;{{end}}\n}'],
    ['is none', 'server {\n{{range service "a"}}server {{.Address}}:{{.Port}};{{end}}\n}'],
    ['has ended before', 'upstream a { b; }\n{{range service "a"}}server {{.Address}}:{{.Port}};{{end}}\n'],
  ])('is left a loop where it %s', (_, go) => {
    const { eta: text, upstreams } = convert(go);
    expect(upstreams).toEqual({});
    expect(text).toContain('for (const server of it.service(');
  });

  test('and in a file of another program', () => {
    expect(
      convert('upstream a { {{range service "a"}}server {{.Address}}:{{.Port}};{{end}} }', { isNginx: false })
        .upstreams,
    ).toEqual({});
  });
});

describe('what has no conversion', () => {
  test.each([
    ['{{scratch.Set "a" 1}}', /a variable of JavaScript/],
    ['{{scratch.Get "a"}}', /a variable of JavaScript/],
    ['{{executeTemplate "a"}}', /include/],
    ['{{template "a" .}}', /include\('_a', it\)/],
    ['{{secret "a"}}', /Vault is out of scope/],
    ['{{sprig_date "a"}}', /JavaScript/],
    ['{{service "a" | toJSON}}', /JSON.stringify/],
    ['{{range service "a"}}{{.NodeMeta}}{{end}}', /expose.meta/],
    ['{{.Foo}}', /the dot holds nothing/],
    ['{{$x}}', /a variable of JavaScript in place of \$x/],
    ['{{service "a"}}', /a value that is text/],
    ['{{nope 1}}', /no function nope/],
  ])('%s is marked where it stood, with what to write, and stops the template', (go, instead) => {
    const { eta: text, marks } = convert(`\nx ${go} y`);
    expect(marks).toMatchObject([{ line: 2, instead: expect.stringMatching(instead), isDropped: false }]);
    expect(text).toMatch(/^\nx .*<% \/\* TODO a\.ctmpl:2 had \{\{.*\*\/ throw new Error\(.*\); %>.* y$/);
  });

  test.each([
    ['{{if foo}}a{{else}}b{{end}}', / if \(false\) \{ %>a<% \} else \{ %>b<% \} %>$/],
    ['{{if true}}a{{else if foo}}b{{end}}', /%>a<% \/\*.* \} else if \(false\) \{ %>b<% \} %>$/],
    [
      '{{range foo}}a{{else}}b{{end}}',
      / for \(const item of \[\]\) \{ %>a<% \} if \(false\) \{ %>b<% \} %>$/,
    ],
    ['{{define "a"}}{{if true}}b{{end}}{{end}}c', /%>c$/],
  ])('%s keeps its braces in step', (go, expected) => {
    expect(eta(go)).toMatch(expected);
  });

  test.each([
    '{{if foo}}a{{else}}b{{end}}',
    '{{if true}}a{{else if foo}}b{{else}}c{{end}}',
    '{{range foo}}{{.A}}{{else}}b{{end}}{{with foo}}{{.}}{{end}}',
    '{{range service "a"}}{{index .ServiceMeta .Node}}{{.Checks}}{{end}}',
    '{{/* it\'s %> */}}{{foo "it\'s */ %>"}}{{block "a" .}}{{end}}',
    '{{$class := key "a"}}{{with $x := key "b"}}{{$x}}{{else}}{{$class}}{{end}}',
  ])('%s is a template that Eta can read', (go) => {
    const texts = new Map([['/a.eta', eta(go)]]);
    const pages = [{ source: '/a.eta', destination: 'http/a.conf' }];
    expect([...compile({ texts, pages }).keys()]).toEqual(['http/a.conf']);
  });

  test('what upsync has no need of is marked too, and stops nothing', () => {
    const { eta: text, marks } = convert('# {{timestamp}}\n');
    expect(marks).toMatchObject([{ isDropped: true }]);
    expect(text).toMatch(/^# <% \/\* TODO .* \*\/ %>\n\n$/);
  });

  test("a key's value that stands for whole directives is marked: who writes it would write nginx's configuration", () => {
    const { marks } = convert(
      'a;\n  {{ key "snippet" }}\n{{range tree "a"}}{{.Value}}\n{{end}}b {{ key "c" }};\n',
    );
    expect(marks.map(({ instead }) => instead)).toEqual([
      expect.stringContaining("<%~ it.key('snippet') %>"),
      expect.stringContaining('<%~ entry.value %>'),
    ]);
  });

  test('a mark ends neither its comment nor its tag early', () => {
    expect(eta('{{foo "*/ %>"}}')).toContain('had {{foo "* / % >"}}');
  });
});
