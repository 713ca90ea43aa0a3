// Runs all checks and tests, one phase after the other, and says what each took:
//
//   node test/bed/run-tests.ts [phase…] [-- argument for vitest…]
//
// A phase that cannot run here is skipped aloud. With UPSYNC_TEST_NO_SKIP=1, as in CI, a skip is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from './chromium.ts';
import { luaBuild } from './nginx-lua.ts';
import { readReport } from './report.ts';
import './sbin.ts';

interface Phase {
  readonly name: string;
  /** A program of node_modules/.bin and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly isTests?: true;
  /** Why it cannot run on this machine. */
  readonly unable?: () => string | undefined;
}

const vitest = ['vitest', 'run', '--config', 'test/vitest.config.ts'] as const;

const phases: readonly Phase[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'page-types', command: ['tsc', '-p', 'page'] },
  { name: 'lint', command: ['biome', 'check', '.'] },
  { name: 'unused', command: ['knip'] },
  { name: 'unit', command: [...vitest, '--project', 'unit'], isTests: true },
  { name: 'integration', command: [...vitest, '--project', 'integration'], isTests: true },
  { name: 'push', command: [...vitest, '--project', 'push'], isTests: true, unable: whyNoLua },
  { name: 'soak', command: ['node', 'test/soak/soak.ts', '--seconds', '60'] },
  {
    name: 'browser',
    command: [...vitest, '--project', 'browser'],
    isTests: true,
    unable: whyNoBrowser,
  },
  {
    name: 'container',
    command: [...vitest, '--project', 'container'],
    isTests: true,
    unable: whyNoContainers,
  },
];

const noSkip = process.env.UPSYNC_TEST_NO_SKIP === '1';
const bin = join(import.meta.dirname, '../../node_modules/.bin');
const { wanted, forVitest } = readArguments(process.argv.slice(2));
const summary: string[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
let good = true;

for (const phase of wanted) {
  const unable = phase.unable?.();
  if (unable !== undefined) {
    console.error(`\n!! ${phase.name} SKIPPED: ${unable}`);
    summary.push(`${phase.name.padEnd(12)} SKIPPED: ${unable}`);
    good &&= !noSkip;
    continue;
  }
  console.log(`\n== ${phase.name}`);
  const start = performance.now();
  const passed = phase.isTests ? runTests(phase) : run(phase.command) === 0;
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  summary.push(`${phase.name.padEnd(12)} ${passed ? 'passed' : 'FAILED'} in ${took}`);
  good &&= passed;
}

// At the end once more: what a long log says in its middle is easily lost.
if (failures.length > 0) console.log(`\n${failures.join('\n\n')}`);
console.log(`\n${summary.join('\n')}`);
if (wanted.some((phase) => phase.isTests)) {
  console.log(
    `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
  );
}
process.exitCode = good ? 0 : 1;

function runTests({ command }: Phase): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'upsync-tests-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report];
    const status = run([...command, ...reporters, ...forVitest]);
    const counts = readReport(report);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    failures.push(...counts.failures);
    return status === 0 && !(noSkip && counts.skipped > 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run([program, ...args]: readonly [string, ...string[]]): number | null {
  // Their first line asks for `node`: it must be this one, also where npm is not who runs this.
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  return spawnSync(join(bin, program), args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status;
}

function whyNoLua(): string | undefined {
  return luaBuild() === undefined ? 'nginx has no Lua module' : undefined;
}

function whyNoBrowser(): string | undefined {
  return chromium === undefined ? 'no Chromium; try `node test/bed/setup.mjs browser`' : undefined;
}

function whyNoContainers(): string | undefined {
  const docker = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  if (docker.error !== undefined) return 'no docker; try `node test/bed/setup.mjs docker`';
  if (docker.status !== 0) return `no Docker engine answers (${docker.stderr.trim().split('\n')[0]})`;
  if (process.getuid?.() !== 0) return 'debootstrap, which makes their images, takes root';
  if (!existsSync('/usr/sbin/debootstrap')) return 'no debootstrap; try `node test/bed/setup.mjs docker`';
  // Where the set-up puts Compose on a machine that has none.
  const config = join(bin, '../.cache/upsync/docker');
  const env = existsSync(config) ? { ...process.env, DOCKER_CONFIG: config } : process.env;
  const compose = spawnSync('docker', ['compose', 'version'], { env });
  if (compose.status !== 0) return 'docker has no compose; try `node test/bed/setup.mjs docker`';
  return undefined;
}

function readArguments(args: readonly string[]) {
  const end = args.indexOf('--');
  const names = end < 0 ? args : args.slice(0, end);
  const unknown = names.filter((name) => !phases.some((phase) => phase.name === name));
  if (unknown.length > 0) {
    console.error(
      `no such phase: ${unknown.join(', ')}; there are ${phases.map(({ name }) => name).join(', ')}`,
    );
    process.exit(1);
  }
  return {
    wanted: names.length === 0 ? phases : phases.filter((phase) => names.includes(phase.name)),
    forVitest: end < 0 ? [] : args.slice(end + 1),
  };
}
