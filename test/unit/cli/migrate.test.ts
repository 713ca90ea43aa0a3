import { expect, test } from 'vitest';
import { runLine } from './io.ts';

test('upsync migrate takes files and the folder to write to', async () => {
  const { code, migrate } = await runLine('migrate a.hcl b.json --to out');
  expect({ code, migrate }).toEqual({ code: 0, migrate: { files: ['a.hcl', 'b.json'], to: 'out' } });
});

test.each([
  ['migrate a.hcl', "upsync: required option '--to <DIR>' not specified\n"],
  ['migrate --to out', "upsync: missing required argument 'file'\n"],
])('%s is refused with what is missing', async (line, err) => {
  expect(await runLine(line)).toMatchObject({ code: 1, err, started: [] });
});

test('its help says what comes next', async () => {
  const { out } = await runLine('migrate --help');
  expect(out).toContain('Usage: upsync migrate FILE… --to DIR');
  expect(out).toContain('upsync --config /etc/upsync/upsync.yaml --once');
});
