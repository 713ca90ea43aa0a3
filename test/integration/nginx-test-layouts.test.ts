import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testCandidate } from '../../src/nginx/test.ts';
import { type Layout, layNginx, type Place } from '../bed/nginx.ts';
import { candidateFiles, candidateFolder } from '../bed/nginx-candidate.ts';

const never = new AbortController().signal;

const GOOD = 'upstream web1 { server 127.0.0.1:8080; }\n';
const BAD = 'upstream web1 {\n  server 127.0.0.1:8080;\n  bogus;\n}\n';
const SITE = 'server { listen 127.0.0.1:8; location / { proxy_pass http://web1; } }';

async function judge(layout: (place: Place) => Layout, upstream: string) {
  await using bed = await layNginx({
    layout: (place) => ({ ...layout(place), ...candidateFiles(place, upstream) }),
  });
  return await testCandidate(
    { binary: 'nginx', conf: bed.conf, output: join(bed.folder, 'upsync') },
    { folder: candidateFolder(bed) },
    never,
  );
}

const layouts: Record<string, (place: Place) => Layout> = {
  "the official image's": ({ folder, main, http }) => ({
    'nginx.conf': `${main}
events { worker_connections 1024; }
http {
  include ${folder}/mime.types;
  default_type application/octet-stream;
  log_format main '$remote_addr - "$request" $status';
  ${http}
  include ${folder}/conf.d/*.conf;
}`,
    'mime.types': 'types { text/html html; include_me x; }',
    'conf.d/default.conf': SITE,
    'conf.d/upsync.conf': `include ${folder}/upsync/http/*.conf;`,
  }),
  "Debian's, with linked sites and modules": ({ folder, main, http }) => ({
    'nginx.conf': `${main}
include ${folder}/modules-enabled/*.conf;
events { worker_connections 768; }
http {
  ${http}
  include ${folder}/conf.d/*.conf;
  include ${folder}/sites-enabled/*;
  include ${folder}/upsync/http/*.conf;
}
stream { include ${folder}/upsync/stream/*.conf; }`,
    'modules-available/mod-stream.conf': 'load_module modules/ngx_stream_module.so;',
    'modules-enabled/50-mod-stream.conf': { link: '../modules-available/mod-stream.conf' },
    'sites-available/default': SITE,
    'sites-enabled/default': { link: `${folder}/sites-available/default` },
    'conf.d/.keep': 'bogus;',
  }),
  'one with relative includes': ({ main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include conf.d/*.conf; include upsync/http/*.conf; }`,
    'conf.d/a.conf': 'include snippets/site.inc;',
    'snippets/site.inc': SITE,
  }),
  'one with quotes, spaces and escapes': ({ folder, main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include "my sites/*.conf"; include '${folder}/upsync/http/upsync.conf'; include a\\ b; }`,
    'my sites/one [1].conf': SITE,
    // A backslash before a blank joins the word and stays in it.
    'a\\ b': 'map $uri $x { default "}"; }',
  }),
  'one with nested patterns': ({ main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include */sites/?[a-c]*.conf; include upsync/*/upsync.conf; }`,
    'team/sites/1b.conf': SITE,
    'other/sites/1z.conf': 'bogus;',
    'file-among-folders': '',
  }),
  'one that climbs out of folders': ({ main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include conf.d/../sites/*.conf; include conf.d/linked/../beside.conf; include sites/../upsync/http/*.conf; }`,
    'conf.d/linked': { link: '../elsewhere/deep' },
    'elsewhere/deep/.keep': '',
    'elsewhere/beside.conf': 'log_subrequest on;',
    'beside.conf': 'bogus;',
    'sites/a.conf': SITE,
  }),
  'one with linked folders': ({ folder, main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include sites/*.conf; include ${folder}//managed/http//*.conf; }`,
    sites: { link: 'real/sites' },
    'real/sites/a.conf': SITE,
    managed: { link: 'upsync' },
  }),
  'one that links to the managed file': ({ folder, main, http }) => ({
    'nginx.conf': `${main}
events {}
http { ${http} include conf.d/*.conf; }`,
    'conf.d/00-upsync.conf': { link: `${folder}/upsync/http/upsync.conf` },
    'conf.d/site.conf': SITE,
  }),
  'one with http in a file of its own': ({ folder, main, http }) => ({
    'nginx.conf': `${main}\ninclude parts/*;`,
    'parts/events': 'events {}',
    'parts/http': `# the http part\nhttp { ${http} include site; include ${folder}/upsync/http/*.conf; }`,
    site: SITE,
  }),
  'one that includes data': ({ main, http }) => ({
    'nginx.conf': `${main}
events {}
http {
  ${http}
  types { include types.inc; }
  map $uri $kind { default 0; include maps/*.map; }
  geo $office { default 0; include geo[1].inc; }
  split_clients $remote_addr $half { 50% access_log; * pid; }
  include upsync/http/*.conf;
  ${SITE}
}`,
    'types.inc': 'text/html html;',
    'maps/a.map': 'access_log 1; pid 2; listen unix:/x; error_log 3;',
    'geo[1].inc': '10.0.0.0/8 pid;',
  }),
  'one that begins with a comment and CRLF line ends': ({ main, http }) => ({
    'nginx.conf':
      `# caf\u00e9 { ; "\r\n${main}\r\nevents {}\r\nhttp {\r\n${http}\r\ninclude upsync/http/*.conf;\r\n${SITE} }`.replaceAll(
        '\n\n',
        '\n',
      ),
  }),
};

describe.each(Object.entries(layouts))('in a layout like %s', (_, layout) => {
  test('a good candidate is accepted', async () => {
    expect(await judge(layout, GOOD)).toEqual({ kind: 'accepted', warnings: [] });
  });

  test('a bad one is refused, with its file and line', async () => {
    expect(await judge(layout, BAD)).toEqual({
      kind: 'refused',
      problems: [{ what: 'unknown directive "bogus"', where: 'http/upstreams.conf:3' }],
    });
  });
});
