import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { currentStatus } from '../../../src/status/current.ts';
import { sendDocument } from '../../../src/status/document.ts';
import { audience, audienceTuning } from '../../../src/status/events.ts';
import { createHandler } from '../../../src/status/handler.ts';
import { realClock } from '../../support/consul-follow.ts';

async function serve(listener: RequestListener): Promise<string> {
  const http = createServer(listener).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  const address = http.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

test('a document is sent once, and again when it is another one', async () => {
  let body = '<p>one';
  const url = await serve((request, response) =>
    sendDocument({ type: 'text/html', body }, request, response),
  );
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
});

test('one at / is for browsers, under the same rules as all; others read text', async () => {
  const current = currentStatus('1.2.3', realClock);
  const page = { type: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html>') };
  const followers = audience(current, audienceTuning);
  const mayAsk = (host: string | undefined) => host !== 'evil.example';
  const url = await serve(createHandler(current, followers, { '/': page, '/page.css': page }, mayAsk));
  for (const path of ['', 'page.css']) {
    const answer = await fetch(url + path, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(await answer.text()).toBe('<!doctype html>');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('etag')).not.toBeNull();
    expect((await fetch(url + path, { method: 'POST' })).status).toBe(405);
  }
  expect(await (await fetch(url)).text()).toMatch(/^upsync 1\.2\.3/);
  expect((await fetch(`${url}status`)).headers.get('content-type')).toBe('application/json; charset=utf-8');
});
