import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readGiven } from '../../../src/migrate/given.ts';
import { migrate } from '../../../src/migrate/migrate.ts';
import { reportOf } from '../../../src/migrate/report.ts';
import { yamlOf } from '../../../src/migrate/yaml.ts';

const block = 'upstream web { {{range service "web"}}server {{.Address}}:{{.Port}};{{end}} }\n';

/** Each template's text is its `contents`. */
function made(text: string, bare: readonly string[] = []) {
  const given = readGiven([{ file: '/c/a.hcl', text }]);
  const templates = given.templates.map((template) => {
    const contents = template.settings.get('contents')?.value;
    return { template, source: undefined, text: contents?.kind === 'text' ? contents.text : '' };
  });
  const draft = migrate({ given, templates, bare: bare.map((file) => ({ file, text: block })) });
  const yaml = yamlOf(draft, ['a.hcl']);
  return { draft, yaml, root: parse(yaml), report: reportOf(draft, '/etc/upsync') };
}

const template = (more: string, contents = block) =>
  `template {\n contents = <<EOF\n${contents}EOF\n destination = "/etc/nginx/conf.d/web.conf"\n${more}\n}\n`;

describe('a template of nginx', () => {
  test('keeps its path, and its mode and owner', () => {
    const { root } = made(template('perms = 0640\nuser = "root"\ngroup = 33\ncommand = "nginx -s reload"'));
    expect(root.templates).toEqual([
      {
        source: 'templates/web.conf.eta',
        destination: '/etc/nginx/conf.d/web.conf',
        mode: '0640',
        owner: 'root:33',
      },
    ]);
    expect(root.units).toBeUndefined();
  });

  test("is one without a command too, where it lies among nginx's or looks like them", () => {
    expect(made(template('')).root.templates).toHaveLength(1);
    expect(
      made(`template {\n contents = "server {\\n}"\n destination = "/srv/a" }`).root.templates,
    ).toHaveLength(1);
    expect(made(`template {\n contents = "a: b"\n destination = "/srv/a.yml" }`).root.units).toEqual({
      a: { templates: [{ source: 'templates/a.yml.eta', destination: '/srv/a.yml' }] },
    });
  });

  test("tells by its command where nginx's configuration is", () => {
    const { root, draft } = made(
      template('command = "nginx -s reload -c /n.conf -p /p"') +
        template('command = "nginx -s reload -c /n.conf"'),
    );
    expect(root.nginx).toEqual({ conf: '/n.conf', prefix: '/p' });
    expect(draft.said.filter(({ text }) => text.includes('nginx.conf,'))).toEqual([]);
  });

  test.each([
    [
      'nginx -c /b.conf -s reload',
      'a command runs nginx with /b.conf: set nginx.conf, which is /a.conf elsewhere',
    ],
    ['nginx -p $P -s reload', 'a command runs nginx with $P: set nginx.prefix, as an absolute path'],
  ])('%s, where it cannot be taken over, is to be done by hand', (command, text) => {
    const { root, draft } = made(
      template('command = "nginx -s reload -c /a.conf"') + template(`command = "${command}"`),
    );
    expect(root.nginx).toEqual({ conf: '/a.conf' });
    expect(draft.said).toContainEqual({ kind: 'open', text, where: '/c/a.hcl:8' });
  });

  test('that is all of nginx.conf is left to whoever migrates', () => {
    const { root, draft } = made(template('', 'events {}\nhttp {\n}\n'));
    expect(root?.templates).toBeUndefined();
    expect(draft.said).toContainEqual(
      expect.objectContaining({ kind: 'open', text: expect.stringContaining('whole configuration') }),
    );
  });

  test('that no configuration names goes to the managed folder', () => {
    const { root, draft } = made('', ['/x/web.ctmpl', '/y/api.conf.ctmpl']);
    expect(root.templates).toEqual([
      { source: 'templates/web.eta', destination: 'http/web.conf' },
      { source: 'templates/api.conf.eta', destination: 'http/api.conf' },
    ]);
    expect(draft.files.map(({ path }) => path)).toEqual(['templates/web.eta', 'templates/api.conf.eta']);
  });

  test('that has the name of another one gets a number, and two that would write one file are said', () => {
    const { draft } = made('', ['/x/a.conf.ctmpl', '/y/a.conf.ctmpl']);
    expect(draft.files.map(({ path }) => path)).toEqual(['templates/a.conf.eta', 'templates/a.conf-2.eta']);
    expect(draft.said).toContainEqual({
      kind: 'open',
      text: 'two templates write http/a.conf: give one of them another destination',
      where: '/y/a.conf.ctmpl',
    });
  });
});

describe('upstreams', () => {
  test('follow passing instances alone, as consul-template does, but where a template says otherwise', () => {
    const warn = block.replace('upstream web', 'upstream w').replace('"web"', '"v2.web@dc2|passing,warning"');
    expect(made(template('', block + warn)).root).toMatchObject({
      defaults: { on_warning: 'drop' },
      upstreams: { web: {}, w: { service: 'web', tags: ['v2'], datacenter: 'dc2', on_warning: 'use' } },
    });
  });

  test('of one name that differ, or differ in case alone, are not mixed: the second is a loop', () => {
    const other = block.replace('"web"', '"api"');
    const { root, draft } = made(template('', block + other + block.replace('upstream web', 'upstream WEB')));
    expect(Object.keys(root.upstreams)).toEqual(['web']);
    const [file] = draft.files;
    expect(file?.text.match(/it\.servers/g)).toHaveLength(1);
    expect(file?.text.match(/it\.service\(/g)).toHaveLength(2);
  });
});

describe('files of another program', () => {
  const haproxy = (destination: string, more = '') =>
    `template { contents = "x" destination = "${destination}" command = "systemctl reload haproxy" ${more} }\n`;

  test('that one command follows are one unit', () => {
    const { root } = made(
      haproxy('/h/a', 'command_timeout = "5s"') + haproxy('/h/b', 'command_timeout = "5s"') + haproxy('/h/c'),
    );
    expect(root.units).toMatchObject({
      haproxy: { templates: [{ destination: '/h/a' }, { destination: '/h/b' }], timeout: '5s' },
      'haproxy-2': { templates: [{ destination: '/h/c' }], reload: ['systemctl', 'reload', 'haproxy'] },
    });
  });

  test('that are tested are a unit each: the test is given one file', () => {
    const tested = (file: string) =>
      `template { contents = "x" destination = "${file}" command = "h -c ${file} && service h reload" }\n`;
    const { root } = made(tested('/h/a') + tested('/h/b'));
    expect(root.units).toMatchObject({
      h: { templates: [{ destination: '/h/a' }], test: ['h', '-c', '{file}'] },
      'h-2': { templates: [{ destination: '/h/b' }], test: ['h', '-c', '{file}'] },
    });
  });

  test('whose command needs a shell are said', () => {
    const { report } = made('template { contents = "x" destination = "/h/a" command = "a | b" }');
    expect(report).toContain('a shell runs "a | b", as before');
  });
});

test('what templates need is exposed, and a comment says what the types are', () => {
  const { yaml, root } = made(
    template(
      '',
      '{{range service "a"}}{{.ServiceMeta.path}}{{.ServiceMeta.host}}{{.ServiceMeta.v}}{{if in .Tags "x"}}{{end}}{{end}}{{env "B"}}\n',
    ),
  );
  expect(root.expose).toEqual({ tags: ['x'], meta: { host: 'host', path: 'path', v: 'word' }, env: ['B'] });
  expect(yaml).toMatch(/\n {2}# word, integer, boolean, host or path: .*\n {2}meta:\n/);
});

test('the report names the file of the token, and what is to be exposed stands under what is to do', () => {
  const grouped = '{{range $t, $l := service "a" | byTag}}{{$t}};{{end}}\n';
  const { report } = made(`consul { token = "t" }\n${template('', grouped)}`);
  expect(report).toContain(
    '\n  /etc/upsync/consul-token: the token, which its owner alone may read (from /c/a.hcl:1)\n',
  );
  expect(report).toMatch(/To do by hand \(1\):\n {2}grouping by tag: list the tags .* under expose\.tags\n/);
  expect(report).not.toContain('Not needed any more');
});

test('the report tells what was written, what is to be done with its line, and what comes next', () => {
  const { report } = made(template('backup = true', `${block}a {{scratch.Get "x"}};\n`));
  expect(report).toBe(`Wrote:
  /etc/upsync/upsync.yaml
  /etc/upsync/templates/web.conf.eta: becomes /etc/nginx/conf.d/web.conf, with the upstream web (from /c/a.hcl)

Not needed any more:
  /c/a.hcl:7  template.backup: the releases before stay in \`releases/\`, and the last proven one comes back by itself when nginx does not take a new one

To do by hand (1):
  /c/a.hcl:4  {{scratch.Get "x"}}: write a variable of JavaScript: \`<% let count = 0; %>\` before the loop, \`<% count += 1; %>\` in it

Next:
  1. See to what is to do by hand. Until then upsync refuses the templates that hold a TODO.
  2. Within http { … } of nginx.conf, once: include /etc/nginx/upsync/http/*.conf;   # upsync's own files
  3. upsync --config /etc/upsync/upsync.yaml --once        # what would change, and whether nginx takes it
  4. Stop consul-template for good, so that two do not write the same files: systemctl disable --now consul-template
  5. upsync --config /etc/upsync/upsync.yaml               # and leave it running

docs/consul-template.md says what differs on purpose.
`);
});
