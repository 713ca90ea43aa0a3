import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { proofServer } from '../../src/nginx/proof.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import type { File } from '../../src/pipeline/release.ts';
import { createReleases } from '../../src/release/store.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { outputOf } from '../support/upsync.ts';

const run = promisify(execFile);
const swaps = 100;
const filesEach = 30;

/** Files that each need the one before: an upstream of a release's own, used in the next file. */
function filesOf(release: string): File[] {
  return Array.from({ length: filesEach }, (_, index) => ({
    path: `http/part${String(index).padStart(2, '0')}.conf`,
    contents: `upstream ${release}_${index} { server 127.0.0.1:${1000 + index}; }
server { listen 127.0.0.1:9; server_name ${release}_${index}; location / { proxy_pass http://${release}_${index}; } }
`,
  }));
}

/** The releases that one parse read, each with how many of its files. */
async function parse({ conf, folder }: NginxBed): Promise<Record<string, number>> {
  const { stdout } = await run('nginx', ['-T', '-q', '-e', '/dev/null', '-c', conf], { cwd: folder });
  const read: Record<string, number> = {};
  for (const [, release = ''] of stdout.matchAll(
    /^# configuration file .*\/releases\/([^/]+)\/http\/.*:$/gm,
  )) {
    read[release] = (read[release] ?? 0) + 1;
  }
  return read;
}

test('ten swaps a second, and no parse fails or reads two releases', async () => {
  await using nginx = await layNginx();
  const output = outputOf(nginx);
  const releases = createReleases({
    output,
    proof: proofServer('auto', output),
    version: 'test',
    clock: systemClock,
    report: () => {},
    assertLocked: async () => {},
  });
  const view = { upstreams: [], routes: [], leftOut: [] };
  const a = await releases.stage(filesOf('a'), view);
  const b = await releases.stage(filesOf('b'), view);
  for (const candidate of [a, b]) await releases.seal(candidate);
  await releases.publish(a);

  let swapping = true;
  const parses: Record<string, number>[] = [];
  const parser = async () => {
    while (swapping) parses.push(await parse(nginx));
  };
  const tester = async () => {
    while (swapping) await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  };
  const swapper = async () => {
    let done = 0;
    try {
      for await (const _ of setInterval(100)) {
        await releases.publish(done % 2 === 0 ? b : a);
        done += 1;
        if (done === swaps) return;
      }
    } finally {
      swapping = false;
    }
  };
  await Promise.all([swapper(), parser(), parser(), tester()]);

  const whole = [a, b].map(({ folder }) => ({ [basename(folder)]: filesEach }));
  const torn = parses.filter((read) => !whole.some((one) => JSON.stringify(one) === JSON.stringify(read)));
  expect(torn).toEqual([]);
  for (const one of whole) expect(parses).toContainEqual(one);
  expect(parses.length).toBeGreaterThan(swaps);
  console.log(`${swaps} swaps, ${parses.length} parses`);
}, 60_000);
