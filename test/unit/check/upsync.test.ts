import { expect, test } from 'vitest';
import { checkUpsync } from '../../../src/check/upsync.ts';

const problem = { what: 'no upsync works on this folder', where: '/etc/nginx/upsync', remedy: 'start it' };

test('one that works on the folder is named', () => {
  const status = { value: { pid: 12, version: '0.1.0', blocked: null } };
  expect(checkUpsync({ status, hasRelease: true })).toEqual([
    { level: 'ok', topic: 'upsync', what: 'upsync 0.1.0 works on the folder (pid 12)' },
  ]);
});

test('what keeps its newest change from nginx is told', () => {
  const blocked = {
    by: 'rolledBack' as const,
    at: 'prove' as const,
    since: 0,
    times: 3,
    problems: [{ what: 'nginx does not run release 0123456789abcdef', where: null, remedy: 'see its log' }],
  };
  const status = { value: { pid: 12, version: '0.1.0', blocked } };
  expect(checkUpsync({ status, hasRelease: true })[1]).toEqual({
    level: 'warn',
    topic: 'upsync',
    what: 'nginx does not run release 0123456789abcdef',
    remedy: 'see its log',
  });
});

test('that none works is a warning, unless none ever has', () => {
  expect(checkUpsync({ status: { problem }, hasRelease: true })).toEqual([
    { level: 'warn', topic: 'upsync', ...problem },
  ]);
  expect(checkUpsync({ status: { problem }, hasRelease: false })).toMatchObject([{ level: 'ok' }]);
});
