import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Rendered } from '../../../src/pipeline/ports.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-marks-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Renders a template; a value that needs quotes in nginx comes as the service of the upstream `web1`. */
function render(text: string, service = 'a b;c{d}"e', partial = ''): Rendered {
  writeFileSync(join(folder, 'page.conf.eta'), text);
  writeFileSync(join(folder, '_part.eta'), partial);
  const one = upstream([server(1, { node: 'node1', meta: { shard: 'blue' } })], { service });
  return createTemplates({ kind: 'folder', folder }, templatesContext()).render(view(one));
}

const write = '<%= it.upstreams[0].service %>';
const quoted = '"a b;c{d}\\"e"';

describe('a value that nginx reads as part of one word is written', () => {
  test.each([
    ['as a word', `set $x ${write};`, `set $x ${quoted};`],
    ['twice', `map ${write} ${write};`, `map ${quoted} ${quoted};`],
    ['before a brace', `map ${write} {}`, `map ${quoted} {}`],
    ['in a comment', `# ${write}\n`, `# ${quoted}\n`],
    ['through a partial', '<%~ include("./_part") %>', `set $x ${quoted};`],
  ])('%s', (_, text, contents) => {
    const rendered = render(text, undefined, `set $x ${write};`);
    expect(rendered).toMatchObject({ kind: 'files', files: [{ path: 'http/page.conf', contents }] });
  });
});

describe('a value that nginx would not read as part of one word is refused, with the line of the template', () => {
  test.each([
    ['after other text', `\nset $x pre${write};`],
    ['within quotes of the template', `\nset $x "pre ${write}";`],
    ['in Lua', `\ncontent_by_lua_block { x = ${write} }`],
    ['in Lua, be it plain', '\ncontent_by_lua_block { x = <%= it.upstreams[0].name %> }'],
    ['in a text that has no end', `\nset $x "${write}`],
  ])('%s', (_, text) => {
    expect(render(text)).toMatchObject({
      kind: 'problem',
      problem: {
        where: join(folder, 'page.conf.eta:2'),
        what: expect.stringContaining("would not be read as part of one word of nginx's configuration"),
      },
    });
  });

  test('through a partial, of which the line is named', () => {
    const rendered = render('\n\n<%~ include("./_part") %>', undefined, `\nset $x pre${write};`);
    expect(rendered).toMatchObject({ kind: 'problem', problem: { where: join(folder, '_part.eta:2') } });
  });

  test('and the instance that brought it along', () => {
    const lua = 'content_by_lua_block { x = <%= it.upstreams[0].servers[0].meta.shard %> }';
    expect(render(lua)).toMatchObject({
      problem: { what: expect.stringContaining('"blue" of dc1/n1/i1 would not be read') },
    });
  });
});

test.each(['$host', 'a\nb', 'a\u2028b', '\u{E000}0\u{E001}', 'x\u{E002}'])(
  '%j is written nowhere',
  (service) => {
    expect(render(`set $x ${write};`, service)).toMatchObject({
      kind: 'problem',
      problem: { what: expect.stringContaining('not take literally') },
    });
  },
);
