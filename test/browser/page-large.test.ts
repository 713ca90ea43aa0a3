import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { currentStatus } from '../../src/status/current.ts';
import { audience, audienceTuning } from '../../src/status/events.ts';
import { createHandler } from '../../src/status/handler.ts';
import { pageDocuments } from '../../src/status/page.ts';
import { serve, startBrowser } from '../support/browser.ts';
import { realClock } from '../support/consul-follow.ts';
import { release } from '../unit/pipeline/fakes.ts';
import { server, upstream, upstreamPlan, view } from '../unit/pipeline/given.ts';
import { configured, published, reconciled, running } from '../unit/status/told.ts';

const names = Array.from({ length: 200 }, (_, index) => `web${index}`);
const serversOf = (index: number, count: number) =>
  Array.from({ length: count }, (_, number) => server(number, { host: `10.1.${index}.${number + 1}` }));

const notices = [{ kind: 'leftOut', upstream: 'web8', instance: 'dc1/n1/odd', reason: 'port 0' }] as const;

/** The release in which one upstream has more servers than the others' 50. */
function releaseOf(digest: string, grown: number) {
  const all = names.map((name, index) => upstream(serversOf(index, name === 'web7' ? grown : 50), { name }));
  return release(digest, view(...all));
}

test('200 upstreams of 50 servers are shown, searched and kept up to date without a stutter', async () => {
  const current = currentStatus('1.2.3', realClock);
  const followers = audience(current, audienceTuning);
  await using site = await serve(createHandler(current, followers, pageDocuments(), undefined));
  current.note({ ...configured, upstreams: names.map((name) => upstreamPlan({ name, service: name })) });
  current.note(reconciled(published(releaseOf('a', 50)), { notices }));
  current.note(running('a'));
  await using browser = await startBrowser();
  const page = await browser.newPage();
  onTestFinished(() => followers.end());
  await page.addInitScript(`longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    }).observe({ type: 'longtask', buffered: true });`);
  /** ms of the longest task since the last time; the browser tells of those above 50 ms. */
  const longest = async () => {
    // Two frames on, the browser has told of what was before.
    await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
    );
    return z.number().parse(await page.evaluate('[longest, longest = 0][0]'));
  };

  await page.goto(site.url);
  const groups = page.locator('.group');
  await groups.nth(199).waitFor();
  await page.getByText('10,000 servers up in 200 upstreams').waitFor();
  // Rows are made once somebody looks.
  expect(await page.getByRole('row').count()).toBe(0);
  const loading = await longest();

  // Of the list, only what changed is touched.
  await page.evaluate(`touched = new Set();
    new MutationObserver((changes) => {
      for (const { target } of changes)
        touched.add((target.closest?.('.group') ?? target.parentElement.closest('.group')).dataset.name);
    }).observe(document.querySelector('#groups'), { subtree: true, childList: true, characterData: true });`);
  current.note(reconciled(published(releaseOf('b', 51)), { notices, changeToLive: 100 }));
  await page.locator('[data-name="web7"]').getByText('+1 joined').waitFor();
  const joining = await longest();
  expect(await page.evaluate('[...touched]')).toEqual(['web7']);

  await page.locator('[data-name="web7"] summary').click();
  await page.getByRole('row').filter({ hasText: '10.1.7.51:80' }).getByText('up, joined').waitFor();
  const opening = await longest();

  await page.getByRole('searchbox').pressSequentially('web12 10.1.12');
  await page
    .getByRole('status')
    .getByText(/^1\d* of 200 upstreams, \d+ of 10,001 servers/)
    .waitFor();
  const searching = await longest();

  for (let step = 0; step < 10; step += 1) await page.mouse.wheel(0, 1_000);
  const scrolling = await longest();
  console.log('longest task, ms:', { loading, joining, opening, searching, scrolling });
  // Not a bound to be near to: 10,000 rows made at once take seconds.
  for (const each of [joining, opening, searching, scrolling]) expect(each).toBeLessThan(1_000);
});
