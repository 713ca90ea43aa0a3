import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startNginx } from '../bed/nginx.ts';
import { gateway } from '../support/gateway.ts';
import { listening, send, statusUrl } from '../support/status.ts';
import { flagsOf, launch } from '../support/upsync.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

test('the npm package runs by itself, and has the whole page with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upsync-package-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  await run('tar', ['-xf', globSync(join(folder, '*.tgz'))[0] ?? '', '-C', folder]);
  const licences = await readFile(join(folder, 'package/dist/LICENCES.txt'), 'utf8');
  const balancer = globSync('package/nginx/lua/*.lua', { cwd: folder }).map((path) => basename(path));
  expect(balancer).toContain('upsync.lua');
  for (const part of ['consul', 'execa', 'zod'])
    expect(licences).toMatch(new RegExp(`^${part} [\\d.]+$`, 'm'));

  await using nginx = await startNginx(gateway());
  const place = { consul: { url: 'http://127.0.0.1:9' }, nginx };
  const flags = [...flagsOf(place), '--log-format', 'json', '--service', 'web1', ...listening];
  await using upsync = launch(relative(root, join(folder, 'package/dist/main.js')), flags);
  const url = await statusUrl(upsync);
  const page = await send(url, { headers: { accept: 'text/html' } });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');

  const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' };
  const seen = new Set<string>();
  for (const queue = linked(page.body, ''); queue.length > 0; ) {
    const path = queue.pop() ?? '';
    if (seen.has(path)) continue;
    seen.add(path);
    const { status, headers, body } = await send(url + path);
    expect([path, status, headers['content-type']]).toEqual([
      path,
      200,
      path.endsWith('.css') ? types.css : types.js,
    ]);
    queue.push(...linked(body, 'page/'));
  }
  const files = globSync('page/*.{css,js}', { cwd: root });
  expect([...seen].toSorted()).toEqual(files.toSorted());
});

/** The files that a part of the page asks for. */
function linked(text: string, folder: string): string[] {
  const found = text.matchAll(/(?:href|src)="(page\/[^"]+)"|from '\.\/([^']+)'/g);
  return [...found].map(([, whole, part]) => whole ?? `${folder}${part}`);
}
