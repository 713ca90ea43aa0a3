import { expect, test } from 'vitest';
import { createWriter } from '../../../src/report/logger.ts';

async function written(format: 'auto' | 'pretty' | 'json', isTTY: boolean, env = {}): Promise<string> {
  let text = '';
  const write = await createWriter(
    { level: 'info', format },
    { isTTY, write: (part) => (text += part) },
    env,
  );
  write({ level: 'warn', text: 'web1  it answers 503', fields: { event: 'notice', upstream: 'web1' } });
  write({ level: 'debug', text: 'not said', fields: {} });
  return text;
}

test('elsewhere than on a terminal each line is a JSON object with level, time, event and msg', async () => {
  const line: unknown = JSON.parse(await written('auto', false));
  expect(line).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    event: 'notice',
    upstream: 'web1',
    msg: 'web1  it answers 503',
  });
});

test('on a terminal it is coloured text without the fields', async () => {
  const text = await written('auto', true);
  expect(text).toContain('web1  it answers 503');
  expect(text).toContain('\u001b[');
  expect(text).not.toContain('upstream');
});

test('NO_COLOR is respected', async () => {
  expect(await written('auto', true, { NO_COLOR: '1' })).not.toContain('\u001b[');
});

test('what somebody registered cannot command the terminal or break the line', async () => {
  let text = '';
  const write = await createWriter(
    { level: 'info', format: 'pretty' },
    { write: (part) => (text += part) },
    {},
  );
  write({ level: 'info', text: 'node \u001b[2J\nfake \u202e line', fields: {} });
  expect(text).toMatch(/INFO: node \\u\{1b\}\[2J\\u\{a\}fake \\u\{202e\} line\n$/);
});

test('FORCE_COLOR colours through a pipe', async () => {
  expect(await written('pretty', false, { FORCE_COLOR: '1' })).toContain('\u001b[');
});

test('pretty without a terminal has no colours', async () => {
  const text = await written('pretty', false);
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: web1 {2}it answers 503\n$/);
});
