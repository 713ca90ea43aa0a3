import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crawl } from '../../../src/nginx/crawl.ts';
import { apply, rewrites } from '../../../src/nginx/test-rewrite.ts';
import { type Layout, layNginx } from '../../bed/nginx.ts';

/** nginx.conf as it is staged: `S` before what is read there, `W(…)` around what is written. */
async function rewritten(nginxConf: string, files: Layout = {}, without: readonly string[] = []) {
  await using bed = await layNginx({ layout: () => ({ 'nginx.conf': nginxConf, ...files }) });
  const config = await crawl(bed.conf, join(bed.folder, 'upsync'));
  const places = {
    staged: (path: string) => path.replace(bed.folder, 'S'),
    scratch: (path: string) => `W(${path})`,
  };
  const edits = rewrites(config, places, new Set(without));
  const [main] = config.sources;
  return main && apply(main.text, edits.get(main) ?? []);
}

const DEFAULTS = 'pid "W(pid)"; lock_file "W(lock_file)"; ';

test('what nginx writes to by default is named where the configuration does not', async () => {
  expect(await rewritten('events {}\nhttp {\n}\n')).toBe(
    `${DEFAULTS}events {}\nhttp { access_log off; client_body_temp_path "W(client_body_temp_path)"; proxy_temp_path "W(proxy_temp_path)"; ` +
      'fastcgi_temp_path "W(fastcgi_temp_path)"; uwsgi_temp_path "W(uwsgi_temp_path)"; scgi_temp_path "W(scgi_temp_path)";\n}\n',
  );
});

test('but nothing twice, and nothing for a module that is not there', async () => {
  const files = { a: 'lock_file x; pid y;', b: 'proxy_temp_path z; client_body_temp_path z;' };
  const without = ['http_fastcgi_module', 'http_uwsgi_module', 'http_scgi_module'];
  expect(await rewritten('include a; http{include b;}', files, without)).toBe(
    'include "S/a"; http{ access_log off;include "S/b";}',
  );
});

test('a temporary folder of a location is none of http', async () => {
  const text = await rewritten('http{server{proxy_temp_path a;}}');
  expect(text).toContain('proxy_temp_path "W(proxy_temp_path)";');
  expect(text).toContain('server{proxy_temp_path "W(a)";}');
});

test('includes are spelled out in place, also where names hold the characters of patterns', async () => {
  const files = { 'c/a': '', 'c/b [1]': '', geo: '' };
  expect(await rewritten('include\n  c/*;\ninclude none/*; geo $a { include geo; }', files)).toBe(
    `${DEFAULTS}include\n  "S/c/a"; include "S/c/b \\\\[1]";\ninclude "/no-such-folder/*"; geo $a { include "S/geo"; }`,
  );
});

test('only words that name a file to write to are replaced, and the rest stays as it is', async () => {
  const text = `pid a;lock_file b;#\u00e9 pid\r
error_log "c" info;error_log stderr;error_log syslog:server=d;error_log memory:1m;
mail{access_log off;access_log e/$f;access_log syslog:server=g;access_log\th i;listen 80;listen UNIX:/j;}
x_cache_path k l;y_temp_path 'm' 1 2;z_ssl_key_log n;`;
  expect(await rewritten(text)).toBe(
    // Read byte by byte, as nginx does.
    Buffer.from(`pid "W(a)";lock_file "W(b)";#\u00e9 pid\r
error_log "W(c)" info;error_log stderr;error_log syslog:server=d;error_log memory:1m;
mail{access_log off;access_log e/$f;access_log syslog:server=g;access_log\t"W(h)" i;listen 80;listen "unix:W(/j)";}
x_cache_path "W(k)" l;y_temp_path "W(m)" 1 2;z_ssl_key_log "W(n)";`).toString('latin1'),
  );
});

test('a socket whose path is too long for the kernel stays so', async () => {
  const text = `pid a;lock_file b;stream{listen unix:/${'x'.repeat(107)};}`;
  expect(await rewritten(text)).toContain(`listen unix:/${'x'.repeat(107)};`);
});
