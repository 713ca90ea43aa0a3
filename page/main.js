import { latencyChart } from './chart.js';
import { follow } from './feed.js';
import { head } from './head.js';
import { applyChange } from './model.js';
import { newsReader } from './news.js';
import { releaseList } from './releases.js';
import { upstreamList } from './upstreams.js';

/** @typedef {import('../src/status/schema.ts').Status} Status */

const top = head();
const upstreams = upstreamList();
const releases = releaseList();
const chart = latencyChart();
const news = newsReader();
/** @type {Status | undefined} */
let status;
let isSilent = false;

/** @param {Status} now */
function show(now) {
  // Another upsync has another page.
  if (status !== undefined && status.version !== now.version) return location.reload();
  status = now;
  const moved = upstreams.show(now);
  top.show(now, upstreams.totals());
  releases.show(now);
  chart.show(now.releases);
  news.moves(moved);
  news.warnings(now.warnings);
  if (isSilent) news.say('upsync is back');
  isSilent = false;
}

follow('events', {
  whole: show,
  change(change) {
    if (status !== undefined) show(applyChange(status, change));
  },
  silence(ms) {
    top.silence(ms);
    if (!isSilent) news.say('No word from upsync');
    isSilent = true;
  },
});
setInterval(top.tick, 1_000);
