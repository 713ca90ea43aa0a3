import { expect, test } from 'vitest';
import { checkWay } from '../../../src/check/way.ts';

const reload = { value: { kind: 'reload', why: 'no module' } } as const;
const push = { value: { kind: 'push', isTold: true } } as const;

test('with reload, an nginx that could do without is told of', () => {
  expect(checkWay({ via: 'reload', best: reload, chosen: reload })).toEqual([]);
  expect(checkWay({ via: 'reload', best: push, chosen: reload })).toMatchObject([
    { level: 'ok', what: 'this nginx could take servers with no reload: set nginx.via to push' },
  ]);
});

test('with auto, it is told what was chosen, and why', () => {
  expect(checkWay({ via: 'auto', best: reload, chosen: reload })).toMatchObject([
    { level: 'ok', what: 'nginx is reloaded for each change: no module' },
  ]);
  expect(checkWay({ via: 'auto', best: push, chosen: push })).toMatchObject([
    { level: 'ok', what: 'servers come and go with no reload: nginx balances in Lua' },
  ]);
});

test('push that nginx cannot do is a failure', () => {
  const problem = { what: 'no module', remedy: 'install it' };
  expect(checkWay({ via: 'push', best: reload, chosen: { problem } })).toMatchObject([
    { level: 'fail', ...problem },
  ]);
});

test('where nginx tells it less, that is said', () => {
  const untold = { value: { kind: 'push', isTold: false } } as const;
  const [finding] = checkWay({ via: 'push', best: untold, chosen: untold });
  expect(finding?.what).toContain('log_by_lua');
});
