import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findConsulTemplate } from '../../bench/tools/consul-template.ts';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { applied, debian, migrated, within } from '../support/migrated.ts';
import { meaningOf } from '../support/nginx-meaning.ts';
import { runLine } from '../support/upsync.ts';
import { recordedOf } from './fixtures/migrate/fixtures.ts';
import { consulTemplateOutput } from './fixtures/migrate/original.ts';
import { fill, node, withoutChance } from './fixtures/migrate/state.ts';

/** An upstream without a server leads to where upsync answers 503; the originals have an address that nobody answers at. */
const none = /^127\.0\.0\.1:65535$|max_fails=0$/;

test.each([
  ['upstreams', 'conf.d/upstreams.conf'],
  ['tutorial', 'conf.d/default.conf'],
  ['everything', 'conf.d/site.conf'],
  ['stream', 'stream.d/database.conf'],
])('%s: nginx gets from upsync what it got from consul-template', async (name, path) => {
  await using consul = await startConsul({ node });
  await using nginx = await startNginx(debian);
  await fill(consul);
  const bed = await migrated(consul, nginx, name);
  expect(bed.report).not.toContain('To do by hand');

  const { code, stdout, stderr } = await applied(bed);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
  const rendered = await withoutChance(consul, await readFile(join(nginx.folder, path), 'utf8'));
  const recorded = within(await recordedOf(name), nginx).replace(
    '127.0.0.1:8081',
    `${nginx.host}:${nginx.ports[1]}`,
  );
  expect(meaningOf(rendered, none)).toEqual(meaningOf(recorded, none));
  expect(meaningOf(rendered, none).length).toBeGreaterThan(1);
});

test('the file that consul-template left in its place is taken over, and no upstream is there twice', async () => {
  await using consul = await startConsul({ node });
  await using nginx = await startNginx(debian);
  await fill(consul);
  const left = within(await recordedOf('upstreams'), nginx);
  await writeFile(join(nginx.folder, 'conf.d/upstreams.conf'), left);
  const bed = await migrated(consul, nginx, 'upstreams');
  expect(await applied(bed)).toMatchObject({ code: 0 });
  const rendered = await readFile(join(nginx.folder, 'conf.d/upstreams.conf'), 'utf8');
  expect(meaningOf(rendered, none)).toEqual(meaningOf(left, none));
});

test('a template with a mark does not go live: upsync names its line, and what to write', async () => {
  await using consul = await startConsul({ node });
  await using nginx = await startNginx(debian);
  await fill(consul);
  const [template, made] = [join(nginx.folder, 'marked.ctmpl'), join(nginx.folder, 'made')];
  await writeFile(
    template,
    'upstream web { {{range service "web"}}server {{.Address}}:{{.Port}};{{end}} }\n{{scratch.Set "a" "b"}}\n',
  );
  const { code, stdout } = await runLine(['migrate', template, '--to', made]);
  expect(code).toBe(0);
  expect(stdout).toContain(`${template}:2  {{scratch.Set "a" "b"}}: write a variable of JavaScript`);

  const ran = await applied({ consul, nginx, made, report: stdout });
  expect(ran).toMatchObject({ code: 1 });
  expect(ran.stdout + ran.stderr).toMatch(
    /templates\/marked\.eta:5: not converted: see the comment on this line/,
  );
});

/** An extra, for who has it: nothing is left out without, since the recordings stand for it. */
const binary = findConsulTemplate();

if (binary !== undefined)
  test('the recordings are what consul-template makes', async () => {
    await using consul = await startConsul({ node });
    await fill(consul);
    for (const name of ['upstreams', 'tutorial', 'everything', 'stream', 'units']) {
      expect(await consulTemplateOutput(binary, consul, name), name).toBe(await recordedOf(name));
    }
  });
