import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { applied, debian, migrated } from '../support/migrated.ts';
import { recordedOf } from './fixtures/migrate/fixtures.ts';
import { fill, node } from './fixtures/migrate/state.ts';

test('a file of another program is a unit, tested and reloaded by its own commands', async () => {
  await using consul = await startConsul({ node });
  await using nginx = await startNginx(debian);
  await fill(consul);
  const bed = await migrated(consul, nginx, 'units');
  expect(await applied(bed)).toMatchObject({ code: 0 });
  expect(await readFile(join(nginx.folder, 'haproxy/haproxy.cfg'), 'utf8')).toBe(await recordedOf('units'));
  await access(join(nginx.folder, 'reloaded'));
});
