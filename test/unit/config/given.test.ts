import { expect, test } from 'vitest';
import { givenValues } from '../../../src/config/given.ts';

test('each value takes the type of its default where its text allows', () => {
  const flags = new Map([
    ['--keepalive', '16'],
    ['--max-fails', 'x'],
    ['--consul-stale', 'false'],
    ['--guard-max-drop', '0.5'],
  ]);
  expect(givenValues(flags, {}).given.map(({ key, value }) => [key, value])).toEqual([
    ['consul.stale', false],
    ['defaults.max_fails', 'x'],
    ['defaults.keepalive', 16],
    ['guard.max_drop', '0.5'],
  ]);
});

test('--wait sets both of its keys', () => {
  expect(givenValues(new Map(), { UPSYNC_WAIT: '1s:5s' }).given).toEqual([
    { key: 'wait.min', value: '1s', from: 'UPSYNC_WAIT' },
    { key: 'wait.max', value: '5s', from: 'UPSYNC_WAIT' },
  ]);
});

test.each(['1s', '1s:2s:3s', ''])('--wait %j is not in its form', (text) => {
  expect(givenValues(new Map([['--wait', text]]), {}).problems).toEqual([
    { what: 'not in the form MIN:MAX', where: '--wait' },
  ]);
});
