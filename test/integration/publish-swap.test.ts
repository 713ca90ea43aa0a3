import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { proofServer } from '../../src/nginx/proof.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import type { File } from '../../src/pipeline/release.ts';
import { createReleases } from '../../src/release/store.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { withConfD } from '../support/outside.ts';
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

/** The bed's store, with two releases to take turns. */
async function takingTurns(nginx: NginxBed, files: (release: string) => readonly File[]) {
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
  const a = await releases.stage(files('a'), view);
  const b = await releases.stage(files('b'), view);
  for (const candidate of [a, b]) await releases.seal(candidate);
  await releases.publish(a);
  return { releases, a, b };
}

/** Ten swaps a second; `parse` is called again and again meanwhile, and so is nginx's own test. */
async function swapping<Parse>(
  { conf }: NginxBed,
  { releases, a, b }: Awaited<ReturnType<typeof takingTurns>>,
  parse: () => Promise<Parse>,
): Promise<Parse[]> {
  let isSwapping = true;
  const parses: Parse[] = [];
  const parser = async () => {
    while (isSwapping) parses.push(await parse());
  };
  const tester = async () => {
    while (isSwapping) await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', conf]);
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
      isSwapping = false;
    }
  };
  await Promise.all([swapper(), parser(), parser(), tester()]);
  expect(parses.length).toBeGreaterThan(swaps);
  return parses;
}

test('ten swaps a second, and no parse fails or reads two releases', async () => {
  await using nginx = await layNginx();
  const turns = await takingTurns(nginx, filesOf);
  const parses = await swapping(nginx, turns, () => parse(nginx));
  const whole = [turns.a, turns.b].map(({ folder }) => ({ [basename(folder)]: filesEach }));
  const torn = parses.filter((read) => !whole.some((one) => JSON.stringify(one) === JSON.stringify(read)));
  expect(torn).toEqual([]);
  for (const one of whole) expect(parses).toContainEqual(one);
  console.log(`${swaps} swaps, ${parses.length} parses`);
}, 60_000);

test('ten swaps a second, and no parse misses a file outside of the managed folder', async () => {
  await using nginx = await layNginx(withConfD());
  await mkdir(join(nginx.folder, 'conf.d'));
  const names = ['one', 'two', 'three'];
  const turns = await takingTurns(nginx, (release) =>
    names.map((name) => ({
      path: join(nginx.folder, `conf.d/${name}.conf`),
      contents: `map $host $${name} { default "of ${release}"; }\n`,
    })),
  );
  const said = async () => {
    const args = ['-T', '-q', '-e', '/dev/null', '-c', nginx.conf];
    const { stdout } = await run('nginx', args, { cwd: nginx.folder });
    return [...stdout.matchAll(/^map \$host \$(\w+) \{ default "of ([ab])"; \}$/gm)].map(
      ([, ...found]) => found,
    );
  };
  const parses = await swapping(nginx, turns, said);
  for (const read of parses) expect(read.map(([name]) => name).sort()).toEqual(names.toSorted());
  const mixed = parses.filter((read) => new Set(read.map(([, release]) => release)).size > 1);
  for (const release of ['a', 'b'])
    expect(parses.filter((read) => read.every(([, of]) => of === release)).length).toBeGreaterThan(0);
  console.log(`${swaps} swaps, ${parses.length} parses, of which ${mixed.length} read files of both`);
}, 60_000);
