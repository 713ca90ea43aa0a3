import { expect, test } from 'vitest';
import { commandOf } from '../../../src/migrate/command.ts';

test.each([
  'nginx -s reload',
  '/usr/sbin/nginx -t && systemctl reload nginx',
  'systemctl reload nginx.service',
  'service nginx reload || true',
  'kill -HUP $(cat /run/nginx.pid)',
  "sh -c 'nginx -s reload'",
  'docker exec gateway nginx -s reload',
  'openresty -s reload',
])('%s is for nginx', (text) => {
  expect(commandOf(text, '/etc/nginx/conf.d/a.conf')).toEqual({ kind: 'nginx', paths: {} });
});

test('a list of arguments is for nginx too, and a path with nginx in it is not', () => {
  expect(commandOf(['systemctl', 'reload', 'nginx'], '/a')).toEqual({ kind: 'nginx', paths: {} });
  expect(commandOf('cp /etc/nginx/hosts /srv', '/etc/nginx/hosts')).toMatchObject({ kind: 'other' });
  expect(commandOf('systemctl reload my-nginx-exporter', '/a')).toMatchObject({ kind: 'other' });
});

test.each([
  ['nginx -s reload -c /n.conf', { conf: '/n.conf' }],
  ['/opt/nginx/sbin/nginx -p /opt/nginx -t && /opt/nginx/sbin/nginx -s reload', { prefix: '/opt/nginx' }],
  ['sh -c \'nginx -c"/n.conf" -s reload\'', { conf: '/n.conf' }],
  ['nginx -s reload && other -c /x', {}],
  [['nginx', '-c', '/n.conf', '-p', '/p', '-s', 'reload'], { conf: '/n.conf', prefix: '/p' }],
])('%s tells where nginx has its files', (given, paths) => {
  expect(commandOf(given, '/a')).toEqual({ kind: 'nginx', paths });
});

test('a plain line becomes a list of arguments', () => {
  expect(commandOf('systemctl  reload haproxy', '/a')).toEqual({
    kind: 'other',
    program: 'haproxy',
    reload: ['systemctl', 'reload', 'haproxy'],
    usesShell: false,
  });
});

test('what stands before && and names the file is its test', () => {
  expect(commandOf('haproxy -c -f /etc/h.cfg && service haproxy reload', '/etc/h.cfg')).toEqual({
    kind: 'other',
    program: 'haproxy',
    test: ['haproxy', '-c', '-f', '{file}'],
    reload: ['service', 'haproxy', 'reload'],
    usesShell: false,
  });
});

test.each(['a > b', 'kill -HUP $(pidof x)', 'A=1 b', 'a && b', 'a; b', "a 'b c'", 'a*', 'a && b /f && c'])(
  '%s needs a shell, which is named',
  (text) => {
    expect(commandOf(text, '/f')).toMatchObject({ reload: ['/bin/sh', '-c', text], usesShell: true });
  },
);

test('a list goes to no shell, whatever it holds, but for a list of one', () => {
  expect(commandOf(['a', '$b'], '/f')).toMatchObject({ reload: ['a', '$b'], usesShell: false });
  expect(commandOf(['a $b'], '/f')).toMatchObject({ usesShell: true });
});
