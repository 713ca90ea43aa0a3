import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controlByPid } from '../../src/nginx/pid-control.ts';
import { workersOf } from '../../src/nginx/processes.ts';
import { proofServer, testify } from '../../src/nginx/proof.ts';
import { proveByAnswers } from '../../src/nginx/prove-by-answers.ts';
import { proveByProcesses } from '../../src/nginx/prove-by-processes.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { frame } from '../../src/pipeline/frame.ts';
import type { Clock } from '../../src/pipeline/ports.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { ask, gateway, killAll } from '../support/gateway.ts';

const never = new AbortController().signal;
const digest = '0123456789abcdef';
const other = 'fedcba9876543210';

/** An nginx of four workers whose managed folder holds a proof server of release `digest`. */
async function startProving() {
  const nginx = await startNginx(gateway({ workers: 4 }));
  const proof = proofServer('auto', nginx.folder);
  const [http] = frame({ folder: nginx.folder, digest, structure: digest }, [], proof);
  await mkdir(join(nginx.folder, 'upsync/http'), { recursive: true });
  await writeFile(join(nginx.folder, 'upsync/http/upsync.conf'), http?.contents ?? '');
  await nginx.restart();
  await until('all workers stand', async () => (await pidsOf(nginx)).size === 4);
  return { nginx, proof, [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose]() };
}

async function pidsOf(nginx: NginxBed): Promise<ReadonlySet<number>> {
  return new Set((await workersOf(await nginx.pid())).map(({ pid }) => pid));
}

test('a release is proven once every worker has answered with it', async () => {
  await using bed = await startProving();
  const master = await bed.nginx.pid();
  const proof = proveByProcesses(
    { master, before: new Set(), digest },
    bed.proof.ask,
    5_000,
    systemClock,
    never,
  );
  expect(await proof).toEqual({ kind: 'proven', by: 'processes', workers: 4, draining: 0 });
});

test('it is not proven by workers that answer with another', async () => {
  await using bed = await startProving();
  const master = await bed.nginx.pid();
  const target = { master, before: new Set<number>(), digest: other };
  expect(await proveByProcesses(target, bed.proof.ask, 300, systemClock, never)).toMatchObject({
    kind: 'unproven',
    problem: { what: expect.stringContaining('4 of 4 workers do not answer with it') },
  });
});

test('it is not proven while workers of before stand, whatever they answer', async () => {
  await using bed = await startProving();
  const target = { master: await bed.nginx.pid(), before: await pidsOf(bed.nginx), digest };
  expect(await proveByProcesses(target, bed.proof.ask, 300, systemClock, never)).toMatchObject({
    kind: 'unproven',
    problem: { what: expect.stringContaining('4 workers still run the configuration before') },
  });
});

test('several that ask at once after a restart all find the new master', async () => {
  await using bed = await startProving();
  const { nginx, proof } = bed;
  const findPidFile = async () => nginx.pidFile;
  const control = controlByPid(findPidFile, { proof, proofTimeout: 5_000, clock: systemClock });
  await control.running(never);
  await nginx.restart();
  const answers = await Promise.all(Array.from({ length: 8 }, () => control.running(never)));
  expect(answers).toEqual(Array(8).fill(expect.objectContaining({ kind: 'running', digest })));
});

test('an nginx that goes away while it is asked is seen to be stopped, not to run nothing of ours', async () => {
  await using bed = await startProving();
  const { nginx, proof } = bed;
  let asking = () => {};
  const clock: Clock = {
    ...systemClock,
    // The first thing that is done once its master was found.
    now() {
      asking();
      return systemClock.now();
    },
  };
  const control = controlByPid(async () => nginx.pidFile, { proof, proofTimeout: 5_000, clock });
  expect(await control.running(never)).toMatchObject({ kind: 'running', digest });
  // Workers that stand still take the question and do not answer it.
  for (const worker of await pidsOf(nginx)) process.kill(worker, 'SIGSTOP');
  const found = new Promise<void>((resolve) => {
    asking = resolve;
  });
  const asked = control.running(never);
  await found;
  await killAll(nginx);
  expect(await asked).toMatchObject({ kind: 'stopped' });
});

test('where processes cannot be seen, steady answers prove it, and others do not', async () => {
  await using bed = await startProving();
  const { ask: address } = bed.proof;
  expect(await proveByAnswers(digest, address, 5_000, systemClock, never)).toMatchObject({
    kind: 'proven',
    by: 'answers',
  });
  expect(await proveByAnswers(other, address, 500, systemClock, never)).toMatchObject({
    kind: 'unproven',
    problem: { what: expect.stringContaining(`but with release ${digest}`) },
  });
});

test('where nothing ever answers, nothing is proven and nothing is wrong', async () => {
  await using bed = await startProving();
  await rm(join(bed.nginx.folder, 'upsync/http/upsync.conf'));
  await bed.nginx.restart();
  expect(await proveByAnswers(digest, bed.proof.ask, 300, systemClock, never)).toMatchObject({
    kind: 'stopped',
  });
});

test('upstreams without a server get a 503 for every path, that of the proof included', async () => {
  await using bed = await startProving();
  const { ask: address, unavailable } = bed.proof;
  expect(await testify(address, 1_000, never)).toMatchObject({ digest });
  for (const path of ['/', '/upsync/release']) {
    expect(await ask(`http://${unavailable}${path}`)).toMatchObject({ status: 503 });
  }
});
