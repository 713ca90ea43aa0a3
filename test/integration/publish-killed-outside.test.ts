import { execFile } from 'node:child_process';
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, killAll } from '../support/gateway.ts';
import { isOurs, type Outside, placeOfSaying, withConfD, writeOutside } from '../support/outside.ts';
import { flagsOf, launch, outputOf, startUpsync } from '../support/upsync.ts';

const run = promisify(execFile);
const driver = 'test/support/killed-upsync.ts';

/**
 * Each needs the other: neither without it, nor with one of another time, can nginx start. So it says at once where it
 * would be led to read a mixture, or where something is missing.
 */
const pair = (text: string): Record<'conf.d/a.conf' | 'conf.d/b.conf', string> => ({
  'conf.d/a.conf': `map $host $said_${text} { default "${text}"; }\n`,
  'conf.d/b.conf': `server { listen HOST:PORT; return 200 "$said_${text}"; }\n`,
});

interface Case {
  /** What nginx serves when upsync comes: by hand, or of an upsync before. */
  readonly before: 'by hand' | 'released';
  /** What upsync is to make of it. */
  readonly text: string | undefined;
}

async function killAt(step: number, { before, text }: Case, consul: Consul) {
  await using nginx = await layNginx(withConfD());
  await mkdir(join(nginx.folder, 'conf.d'));
  const files = (text: string) =>
    Object.entries(pair(text)).map(
      ([path, contents]) =>
        [path, contents.replace('HOST', nginx.host).replace('PORT', String(nginx.ports[1]))] as const,
    );
  const outside = (text: string | undefined): Outside =>
    text === undefined ? {} : Object.fromEntries(files(text));
  if (before === 'by hand')
    for (const [path, contents] of files('hand')) await writeFile(join(nginx.folder, path), contents);
  await nginx.start();
  const place = { consul, nginx };
  const config = async (text: string | undefined) => [
    ...flagsOf(place),
    ...(await writeOutside(nginx, outside(text))),
  ];
  if (before === 'released')
    expect(await launch(driver, ['0', ...(await config('first'))]).ended).toMatchObject({ code: 0 });

  await using killed = launch(driver, [String(step), ...(await config(text))]);
  const { signal } = await killed.ended;
  const steps = killed.lines.map(({ msg }) => msg);

  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  await killAll(nginx);
  await nginx.start();
  // Nobody listens there once both files are gone.
  const said = await ask(placeOfSaying(nginx)).catch(() => undefined);
  expect([before === 'by hand' ? 'hand' : 'first', text]).toContain(said?.body);

  await using upsync = startUpsync(place, ...(await config(text)).slice(flagsOf(place).length));
  await Promise.race([upsync.next('published'), upsync.next('unchanged')]);
  const names = text === undefined ? [] : ['a.conf', 'b.conf'];
  expect((await readdir(join(nginx.folder, 'conf.d'))).sort()).toEqual(names);
  for (const name of names) expect(await isOurs(nginx, `conf.d/${name}`)).toBe(true);
  if (text !== undefined) expect((await ask(placeOfSaying(nginx))).body).toBe(text);
  const output = outputOf(nginx);
  expect(await readlink(join(output, 'current'))).toBe(await readlink(join(output, 'proven')));
  await run('nginx', ['-t', '-q', '-e', '/dev/null', '-c', nginx.conf]);
  return { steps, signal };
}

async function killAtEach(one: Case): Promise<readonly string[]> {
  await using consul = await startConsul();
  await using backend = await startBackend('one');
  await consul.register(backend.as('web1'));
  const { steps, signal } = await killAt(0, one, consul);
  expect(signal).toBeNull();
  const numbers = steps.map((_, index) => index + 1);
  const worker = async () => {
    for (let step = numbers.shift(); step !== undefined; step = numbers.shift()) {
      const result = await killAt(step, one, consul).catch((error) => {
        throw new Error(`killed at step ${step}, ${steps[step - 1]}`, { cause: error });
      });
      expect(result).toEqual({ steps: steps.slice(0, step), signal: 'SIGKILL' });
    }
  };
  // Each to its end, or one would go on behind a failure of the other.
  const faults = (await Promise.allSettled([worker(), worker()])).filter((end) => end.status === 'rejected');
  for (const { reason } of faults) throw reason;
  return steps;
}

const prepared = ['render', 'stage', 'test'];
const switched = ['before symlink current', 'before rename current', 'publish current'];
const linked = ['before symlink upsync.conf', 'before rename upsync.conf', 'publish upsync.conf'];
const proven = ['publish', 'reloaded', 'before symlink proven', 'before rename proven', 'prove proven'];
/** The live release is given a copy, another one is saved, and the link takes the place. */
const takenOver = (name: string) => [
  `before rename ${name}`,
  `before rename ${name}.SAVED`,
  `before symlink .${name}`,
  `before rename ${name}`,
  `publish ${name}`,
];
const takenAway = (name: string) => [`before rm ${name}`, `prove ${name}`];

test.each<[string, Case, readonly string[]]>([
  [
    'takes over what was made by hand',
    { before: 'by hand', text: 'new' },
    [
      ...prepared,
      // One without any file of ours, for the links to lead to.
      ...switched,
      ...linked,
      ...linked,
      ...['a.conf', 'b.conf'].flatMap(takenOver),
      ...switched,
      ...proven,
      'prove',
    ],
  ],
  [
    'changes what it made',
    { before: 'released', text: 'second' },
    [...prepared, ...switched, ...proven, 'prove'],
  ],
  [
    'takes away what it made',
    { before: 'released', text: undefined },
    [...prepared, ...switched, ...proven, ...['a.conf', 'b.conf'].flatMap(takenAway), 'prove'],
  ],
])(
  'upsync is killed at any step as it %s: nginx can start with what was tested, and the next start converges',
  async (_, one, steps) => {
    expect(await killAtEach(one)).toEqual(steps);
  },
  120_000,
);
