import { describe, expect, test } from 'vitest';
import { complaintOf, load } from './loading.ts';

const wordsOf = async (exec: string) =>
  (await load({ services: ['web1'], flags: { '--exec': exec } })).process.exec;

describe('a command as text', () => {
  test.each([
    ["nginx -g 'daemon off;'", ['nginx', '-g', 'daemon off;']],
    ['nginx -g "daemon off;"', ['nginx', '-g', 'daemon off;']],
    ['/usr/sbin/nginx -p /a\\ b', ['/usr/sbin/nginx', '-p', '/a b']],
    ["nginx -g 'set $a 1;' -q", ['nginx', '-g', 'set $a 1;', '-q']],
    ["  tini -- nginx -g ''  ", ['tini', '--', 'nginx', '-g', '']],
    ['', []],
  ])('%j is split as a shell would', async (text, words) => {
    expect(await wordsOf(text)).toEqual(words);
  });

  test.each([
    ['nginx && echo ok', '&& does nothing'],
    ['nginx | tee log', '| does nothing'],
    ['nginx > /log', '> does nothing'],
    ['nginx -g daemon off;', 'nothing may follow it'],
    ['nginx # mine', 'nothing may follow it'],
    ['nginx -c $CONF', '$ names no variable'],
    ['nginx -c "$' + '{CONF}"', '$ names no variable'],
    ['nginx -c $(find)', '$ names no variable'],
    ['nginx -c `find`', '` runs nothing'],
    ['nginx -c *.conf', '* and ? match no files'],
  ])('%j is refused, since no shell reads it', async (exec, what) => {
    expect(await complaintOf({ services: ['web1'], flags: { '--exec': exec } })).toBe(
      `--exec: no shell reads it, so ${what}; quote it, or write the command as a list of words`,
    );
  });

  test.each(["nginx -g 'daemon off;", 'nginx -g "daemon off;', "it's"])('%j lacks a quote', async (exec) => {
    expect(await complaintOf({ services: ['web1'], flags: { '--exec': exec } })).toBe(
      '--exec: a quote is not closed; close it',
    );
  });
});

describe('a command as a list', () => {
  test('is taken word by word, whatever is in them', async () => {
    const yaml = 'upstreams: {web1: {}}\nexec: [nginx, -g, daemon off; # $a *]';
    const words = (await load({ yaml: yaml.replace('daemon off; # $a *', '"daemon off; # $a *"') })).process
      .exec;
    expect(words).toEqual(['nginx', '-g', 'daemon off; # $a *']);
  });

  test('names a program', async () => {
    expect(await complaintOf({ yaml: 'upstreams: {web1: {}}\nexec: []' })).toBe(
      'upsync.yaml:2 exec: an empty command; name a program',
    );
    expect(await complaintOf({ yaml: 'upstreams: {web1: {}}\nexec: 3' })).toBe(
      'upsync.yaml:2 exec: not a command; write its words, as text or as a list',
    );
  });
});

test('an nginx that is started here is not reached by fifo', async () => {
  const flags = { '--exec': 'nginx', '--nginx-signal': 'fifo' };
  expect(await complaintOf({ services: ['web1'], flags })).toBe(
    '--nginx-signal: by fifo a reload reaches an nginx in another container, and exec starts one here; leave one of them out',
  );
});

test('nginx is started with the configuration that changes are tested in', async () => {
  const given = (exec: string, conf: string) => ({
    services: ['web1'],
    flags: { '--exec': exec, '--nginx-conf': conf },
  });
  expect(await complaintOf(given('/usr/sbin/nginx -c /a/nginx.conf', '/b/nginx.conf'))).toBe(
    '--exec: exec starts nginx with another configuration than /b/nginx.conf, in which changes are tested; set --nginx-conf to the same file',
  );
  await load(given('nginx -q -c /a//nginx.conf', '/a/nginx.conf'));
  // What that is depends on nginx's prefix.
  await load(given('nginx -c nginx.conf', '/a/nginx.conf'));
  await load(given('start-nginx -c /other', '/a/nginx.conf'));
});

test('the pid file lies where the file that names it does', async () => {
  const yaml = 'upstreams: {web1: {}}\npid_file: run/upsync.pid';
  expect((await load({ yaml })).process.pidFile).toMatch(/\/upsync-config-\w+\/run\/upsync\.pid$/);
  expect((await load({ services: ['web1'] })).process.pidFile).toBeUndefined();
});
