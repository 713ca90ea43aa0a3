import { expect, test } from 'vitest';
import { parseBuild } from '../../../src/nginx/build.ts';

const DEBIAN = `nginx version: nginx/1.22.1
built with OpenSSL 3.0.22
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -ffile-prefix-map=/build=. --prefix=/wrong' --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf --pid-path=/run/nginx.pid --without-http_scgi_module --with-compat
`;

test('the compiled-in paths are read, but not from within quotes', () => {
  expect(parseBuild(DEBIAN)).toEqual({
    version: 'nginx/1.22.1',
    prefix: '/usr/share/nginx',
    conf: '/etc/nginx/nginx.conf',
    pid: '/run/nginx.pid',
    user: 'nobody',
    group: 'nobody',
    hasLua: false,
    without: new Set(['http_scgi_module']),
  });
});

test("what is not named has nginx's defaults, below its prefix", () => {
  expect(parseBuild('nginx version: openresty/1.27.1.1\nconfigure arguments: --prefix=/opt/nginx\n')).toEqual(
    {
      version: 'openresty/1.27.1.1',
      prefix: '/opt/nginx',
      conf: '/opt/nginx/conf/nginx.conf',
      pid: '/opt/nginx/logs/nginx.pid',
      user: 'nobody',
      group: 'nobody',
      hasLua: false,
      without: new Set(),
    },
  );
  expect(parseBuild('').prefix).toBe('/usr/local/nginx');
  expect(parseBuild('configure arguments: --user=nginx\n')).toMatchObject({ user: 'nginx', group: 'nginx' });
});

test.each(['../ngx_lua-0.10.26', '/build/lua-nginx-module'])('%s is the Lua module, built in', (path) => {
  expect(parseBuild(`configure arguments: --with-compat --add-module=${path}\n`).hasLua).toBe(true);
  expect(parseBuild(`configure arguments: --add-dynamic-module=${path}\n`).hasLua).toBe(false);
});
