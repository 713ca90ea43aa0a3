import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { startBrowser } from '../support/browser.ts';
import { gateway } from '../support/gateway.ts';
import { startUpsync, type Upsync } from '../support/upsync.ts';

let consul: Consul;
let nginx: NginxBed;
let browser: Browser;
let page: Page;
let upsync: Upsync;
let port: number;
/** What the page complains of in the browser's console. */
let complaints: string[];

/** Named so by whoever may register; each does something where it is taken for markup. */
const hostile = [
  '<script>document.title="taken"</script>',
  '<img src=x onerror="document.title=\'taken\'">',
  '"><svg onload=alert(1)>',
  '\u202egnp.exe',
];

const start = () =>
  startUpsync(
    { consul, nginx },
    ...['--service', 'web1', '--service', 'web2', '--keep-for', '1h'],
    ...['--listen', `127.0.0.1:${port}`],
  );

beforeAll(async () => {
  [[port = 0], consul, nginx, browser] = await Promise.all([
    freePorts('127.0.0.1', 1),
    startConsul(),
    startNginx(gateway()),
    startBrowser(),
  ]);
  await consul.register({ id: 'first', name: 'web1', port: 30_001 });
  await consul.register({ id: 'other', name: 'web2', port: 30_002 });
  upsync = start();
  await upsync.next('listening');
});
afterAll(async () => {
  await browser.close();
  for (const each of [upsync, nginx, consul]) await each[Symbol.asyncDispose]();
});

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // That upsync is away, the browser says by itself.
    const isAway = /net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING)$/.test(message.text());
    if (message.type() === 'error' && !isAway) complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  await row('first').waitFor();
});
afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

const row = (id: string) => page.getByRole('row').filter({ hasText: `/${id}` });
const group = (name: string) => page.locator(`details[data-name="${name}"]`);

test('an instance that joins in Consul appears in its upstream, in the timeline and in the news, and goes when it leaves', async () => {
  await consul.register({ id: 'second', name: 'web1', port: 30_003 });
  await row('second').and(page.locator('.joined')).waitFor();
  expect(await row('second').textContent()).toContain('up, joined');
  await group('web1').getByText('2 up').waitFor();
  const newest = page.getByRole('region', { name: 'Releases' }).getByRole('listitem').first();
  await newest.getByText(/live after \d/).waitFor();
  await newest.getByText(/joined .*:30003/).waitFor();
  await page.getByRole('img', { name: /From change to live, \d+ releases?: median/ }).waitFor();
  await page
    .locator('[aria-live]')
    .getByText(/web1: .*:30003 on .* joined/)
    .waitFor();

  await consul.deregister('second');
  await row('second').and(page.locator('.left')).waitFor();
  await group('web1').getByText('1 up').waitFor();
  await row('second').waitFor({ state: 'detached' });
  expect(await row('first').isVisible()).toBe(true);
});

test('maintenance, and what is kept though it left, are told in words', async () => {
  await consul.register({ id: 'resting', name: 'web1', port: 30_004 });
  await row('resting').waitFor();
  await consul.maintenance('resting', true);
  await row('resting').getByText('in maintenance').waitFor();
  await group('web1').getByText('1 up, 1 in maintenance').waitFor();
  await consul.deregister('resting');

  await consul.deregister('other');
  await row('other')
    .getByText(/kept, gone from Consul since/)
    .waitFor();
  await group('web2')
    .getByText(/kept from before, none registered, until/)
    .waitFor();
  await page
    .getByRole('region', { name: 'Warnings' })
    .getByText(/^web2 .*keeping 1/)
    .waitFor();
  await page.getByText(/^Ready, with 1 warning/).waitFor();
  await consul.register({ id: 'other', name: 'web2', port: 30_002 });
  await page.getByText('Ready: nginx runs what Consul says').waitFor();
  await page.getByRole('region', { name: 'Warnings' }).waitFor({ state: 'hidden' });
});

test('it says that upsync is gone, and follows the next one', async () => {
  await upsync.kill();
  await page.getByText(/^No word from upsync for \d+ s/).waitFor();
  expect(await page.title()).toBe('✗ No word from upsync · upsync');
  expect(await row('first').isVisible()).toBe(true);
  // Counting on.
  await page.getByText(/^No word from upsync for [1-9]/).waitFor();

  await consul.register({ id: 'meanwhile', name: 'web1', port: 30_005 });
  upsync = start();
  await page
    .getByText(/^No word from upsync/)
    .first()
    .waitFor({ state: 'hidden' });
  await row('meanwhile').and(page.locator('.joined')).waitFor();
  await consul.deregister('meanwhile');
  await row('meanwhile').waitFor({ state: 'detached' });
});

test('what is registered is shown as text, whatever it looks like', async () => {
  const register = (name: string, index: number) =>
    consul.request('PUT', '/v1/catalog/register', {
      Node: index === 0 ? hostile[0] : 'plain',
      Address: '127.0.0.9',
      Service: { ID: name, Service: 'web1', Port: 30_100 + index },
    });
  for (const [index, name] of hostile.entries()) await register(name, index);
  for (const name of hostile.slice(0, 3)) await row(name).waitFor();
  await row('\\u{202e}gnp.exe').waitFor();
  await page
    .getByRole('cell', { name: hostile[0] ?? '', exact: true })
    .first()
    .waitFor();
  expect(await page.locator('main :is(script, img, svg svg)').count()).toBe(0);
  expect(await page.title()).not.toContain('taken');
  // One after the other: all at once would be a big loss, which is held.
  for (const [Node, last] of [
    [hostile[0], hostile[0]],
    ['plain', '\\u{202e}gnp.exe'],
  ]) {
    await consul.request('PUT', '/v1/catalog/deregister', { Node });
    await row(last ?? '').waitFor({ state: 'detached' });
  }
});

test('tab leads to the filter and on to the groups, and keys are enough to use them', async () => {
  const focused = page.locator(':focus');
  await page.keyboard.press('Tab');
  expect(await focused.textContent()).toBe('To the filter');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await focused.textContent()).toContain('web1');
  await page.keyboard.press('Shift+Tab');
  expect(await focused.getAttribute('id')).toBe('filter');
  await page.keyboard.type('web1 30001');
  await page.getByRole('status').getByText('1 of 2 upstreams, 1 of 2 servers').waitFor();
  await group('web2').waitFor({ state: 'hidden' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await row('first').waitFor({ state: 'hidden' });
  await page.keyboard.press('Space');
  await row('first').waitFor();
  await page.reload();
  await group('web2').waitFor({ state: 'hidden' });
  expect(await page.getByRole('searchbox', { name: 'Filter' }).inputValue()).toBe('web1 30001');
});

test.each([360, 1280])('at %d px nothing reaches beyond the edge, in light and dark', async (width) => {
  await page.setViewportSize({ width, height: 800 });
  const grounds = new Set<unknown>();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    grounds.add(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'));
  }
  expect(grounds.size).toBe(2);
});
