import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWithAttributes } from '../../../src/release/attributes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-attributes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
const secret = { path: '/etc/secret.conf', contents: 'x', mode: 0o640 };

test('a file with a mode of its own is for nobody else before it has that', () => {
  const files = ['http/a.conf', 'files/etc/secret.conf'].map((path) => [join(folder, path), 'x'] as const);
  // One that cannot be given its mode stops all before the turn of the other.
  const lost = { path: 'http/lost.conf', contents: 'x', mode: 0o600 };
  expect(() => writeWithAttributes(folder, files, [lost, secret])).toThrow(/mode 0600/);
  expect(modeOf('files/etc/secret.conf')).toBe('600');
  writeWithAttributes(folder, files, [secret]);
  expect(['http/a.conf', 'files/etc/secret.conf'].map(modeOf)).toEqual(['644', '640']);
});
