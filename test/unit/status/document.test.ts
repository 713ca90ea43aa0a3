import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { sendDocument } from '../../../src/status/document.ts';

test('a document is sent once, and again when it is another one', async () => {
  let body = '<p>one';
  const http = createServer((request, response) =>
    sendDocument({ type: 'text/html', body }, request, response),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const ask = (etag?: string) => fetch(url, etag === undefined ? {} : { headers: { 'if-none-match': etag } });

  const first = await ask();
  const etag = first.headers.get('etag') ?? '';
  expect(await first.text()).toBe('<p>one');
  expect(first.headers.get('content-type')).toBe('text/html');
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const again = await ask(known);
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
  expect((await ask('"x"')).status).toBe(200);
  body = '<p>two';
  expect(await (await ask(etag)).text()).toBe('<p>two');
  http.close();
  http.closeAllConnections();
});
