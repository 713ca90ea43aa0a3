import { describe, expect, test } from 'vitest';
import { settings } from '../../../src/config/settings.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';
import { folderWith } from '../config/loading.ts';
import { runLine } from './io.ts';

describe('upsync', () => {
  test('runs the daemon, which loads the configuration', async () => {
    const { code, err, started, config } = await runLine('--service web1 --service api=b --keep-for 5s');
    expect({ code, err, started }).toEqual({ code: 0, err: '', started: ['daemon'] });
    expect(config?.plan.upstreams).toMatchObject([
      { name: 'api', service: 'b', keepFor: 5_000 },
      { name: 'web1', service: 'web1' },
    ]);
  });

  test('takes its options from the environment too', async () => {
    const { config } = await runLine('', { env: { UPSYNC_SERVICES: 'web1', UPSYNC_LOG_FORMAT: 'json' } });
    expect(config?.log.format).toBe('json');
  });

  test('takes every setting by flag', async () => {
    const flags = Object.values(settings).map(({ flag }) => flag);
    for (const flag of flags) {
      const { err } = await runLine(`--service a ${flag} \u0000`);
      expect(err).not.toContain('unknown option');
      expect(err).toContain(flag);
    }
  });
});

describe('status', () => {
  test.each([
    ['status', '/etc/nginx/upsync', {}],
    ['status --output here', '/here', {}],
    ['--output here status', '/here', {}],
    ['--output there status --output here', '/here', {}],
    ['status', '/env', { UPSYNC_OUTPUT: '/env' }],
  ])('finds the folder as upsync does: %s', async (line, output, env) => {
    const { code, err, started, ...ran } = await runLine(line, { env });
    expect({ code, err, started, output: ran.output }).toEqual({
      code: 0,
      err: '',
      started: ['status'],
      output,
    });
  });

  test('finds it in the configuration, whatever else is wrong with that', async () => {
    const folder = await folderWith({ 'upsync.yaml': 'output: managed\nwait: {min: nonsense}\n' });
    const { output, err } = await runLine(`status --config ${folder}/upsync.yaml`);
    expect({ output, err }).toEqual({ output: `${folder}/managed`, err: '' });
    const given = await runLine('status --output here', { env: { UPSYNC_CONFIG: '/no/such/file' } });
    expect(given.output).toBe('/here');
    const missing = await runLine('status --config /no/such/file');
    expect(missing).toMatchObject({ code: 1, err: 'upsync: /no/such/file: no such file\n', started: [] });
  });

  test('has options of its own', async () => {
    expect((await runLine('status')).options).toEqual({ watch: false, json: false });
    expect((await runLine('status --watch --json')).options).toEqual({ watch: true, json: true });
    expect(await runLine('status --once')).toMatchObject({
      code: 1,
      err: 'upsync: unknown option --once; upsync --help lists what there is\n',
    });
  });
});

describe('--listen', () => {
  test.each([
    ['', { host: '127.0.0.1', port: 9465 }],
    ['--listen [::1]:1', { host: '::1', port: 1 }],
    ['--listen off', undefined],
    ['--no-listen', undefined],
    ['--no-listen --listen localhost:0', { host: 'localhost', port: 0 }],
    ['--listen localhost:0 --no-listen', undefined],
  ])('%s', async (line, place) => {
    const { config, err } = await runLine(`--service a ${line}`.trim());
    expect(err).toBe('');
    expect(config?.listen.place).toEqual(place);
  });

  test('by the environment too, with further names', async () => {
    const env = { UPSYNC_LISTEN: '0.0.0.0:9465', UPSYNC_LISTEN_HOSTS: 'upsync,gateway' };
    expect((await runLine('--service a', { env })).config?.listen).toEqual({
      place: { host: '0.0.0.0', port: 9465 },
      hosts: ['upsync', 'gateway'],
    });
  });
});

describe('--once', () => {
  test('runs once with what goes with it, and gives back its exit code', async () => {
    const { code, started, options } = await runLine('--once --json --exit-code --service web1');
    expect({ code, started }).toEqual({ code: 2, started: ['once'] });
    expect(options).toEqual({ apply: false, seed: false, exitCode: true, json: true });
  });

  test('applies and seeds', async () => {
    expect((await runLine('--once --apply --seed --service a')).options).toMatchObject({
      apply: true,
      seed: true,
    });
  });

  test.each([
    ['--apply', '--apply goes with --once; write --once --apply'],
    ['--seed', '--seed goes with --once --apply; write --once --apply --seed'],
    ['--exit-code', '--exit-code goes with --once; write --once --exit-code'],
    ['--json', "--json goes with --once; for the daemon's log write --log-format json"],
    [
      '--once --exec nginx',
      '--once ends after one pass, and --exec runs nginx; leave one of them out; --once --apply --seed writes what an nginx of others can start with',
    ],
    ['--once --seed', '--seed goes with --apply; write --apply --seed'],
    [
      '--once --apply --exit-code',
      '--exit-code tells whether something would change, and --apply changes it; leave one of them out',
    ],
  ])('is needed or not enough: %s', async (line, message) => {
    const { code, err, started } = await runLine(`--service a ${line}`);
    expect({ code, err, started }).toEqual({ code: 1, err: `upsync: ${message}\n`, started: [] });
  });
});

describe('check', () => {
  test('takes the configuration before or behind its name, and gives back its exit code', async () => {
    const lines = [
      'check --service web1 --keep-for 5s --json',
      '--service web1 --keep-for 5s check --json',
      '--keep-for 9s check --json --service web1 --keep-for 5s',
    ];
    for (const line of lines) {
      const { code, err, started, config, options } = await runLine(line);
      expect({ code, err, started, options }).toEqual({
        code: 1,
        err: '',
        started: ['check'],
        options: { json: true },
      });
      expect(config?.plan.upstreams).toMatchObject([{ name: 'web1', keepFor: 5_000 }]);
    }
  });

  test('follows the services that are named on either side, and in the environment where none is', async () => {
    const names = async (line: string, env = {}) =>
      (await runLine(line, { env })).config?.plan.upstreams.map(({ name }) => name);
    expect(await names('--service web1 check --service web2')).toEqual(['web1', 'web2']);
    expect(await names('check', { UPSYNC_SERVICES: 'web3' })).toEqual(['web3']);
  });

  test('takes every setting by flag, as the daemon does', async () => {
    for (const { flag } of Object.values(settings)) {
      const { err } = await runLine(`check --service a ${flag} \u0000`);
      expect(err).not.toContain('unknown option');
      expect(err).toContain(flag);
    }
  });

  test('takes no other word', async () => {
    expect(await runLine('check nginx --service a')).toMatchObject({ code: 1, started: [] });
  });
});

describe('what is not known', () => {
  test.each([
    ['--onec', 'unknown option --onec; did you mean --once?'],
    ['--servce web1', 'unknown option --servce; did you mean --service?'],
    ['--frobnicate', 'unknown option --frobnicate; upsync --help lists what there is'],
    ['-x', 'unknown option -x; upsync --help lists what there is'],
    ['shcema', 'unknown command shcema; did you mean schema?'],
    ['launch', 'unknown command launch; upsync --help lists what there is'],
    ['5f2c-6b1e', 'unknown command; upsync --help lists what there is'],
    ['-t5f2c', 'unknown option -t; upsync --help lists what there is'],
    ['help shcema', 'unknown command shcema; did you mean schema?'],
    ['schema --once', 'unknown option --once; upsync --help lists what there is'],
    ['--output', '--output needs a value, --output DIR'],
  ])('%s is an error of one line', async (line, message) => {
    const { code, out, err, started } = await runLine(line);
    expect({ code, out, err, started }).toEqual({
      code: 1,
      out: '',
      err: `upsync: ${message}\n`,
      started: [],
    });
  });

  test.each(['--consul-token=s3cret', '--consul-token s3cret', '--token=s3cret'])(
    'a token by flag is refused and not repeated: %s',
    async (line) => {
      const { code, err } = await runLine(line);
      expect(code).toBe(1);
      expect(err).toContain('CONSUL_HTTP_TOKEN');
      expect(err).not.toContain('s3cret');
    },
  );
});

describe('a variable that looks like one of ours', () => {
  test('is told, and the run goes on', async () => {
    const env = { UPSYNC_SERVICE: 'b', UPSYNC_SERVICE_HOST: '10.0.0.1', UPSYNC_PORT: 'x', UPSYNC_X: '' };
    expect(await runLine('--service a', { env })).toMatchObject({
      code: 0,
      err: 'upsync: the variable UPSYNC_SERVICE means nothing here; did you mean UPSYNC_SERVICES?\n',
    });
  });
});

describe('errors', () => {
  test('of the configuration are told without a stack', async () => {
    expect(await runLine('--service a --wait 5')).toMatchObject({
      code: 1,
      err: 'upsync: --wait: not in the form MIN:MAX\n',
    });
  });

  test.each([
    ['--log-level debug', {}],
    ['', { UPSYNC_LOG_LEVEL: 'trace' }],
  ])('show the stack where it is asked for: %s %j', async (line, env) => {
    const throws = new ProblemError({ what: 'a fault' }, { cause: new Error('its cause') });
    const { err } = await runLine(`--service a ${line}`.trim(), { env, throws });
    expect(err).toMatch(/^upsync: a fault\nProblemError: a fault\n +at .*caused by Error: its cause\n +at /s);
  });

  test('that nobody foresaw are told in a line, with the way to the stack', async () => {
    const { code, err } = await runLine('--service a', { throws: new TypeError('x is not a function') });
    expect(code).toBe(1);
    expect(err).toBe('upsync: x is not a function; UPSYNC_LOG_LEVEL=debug shows where\n');
  });

  test('are JSON where that was asked for', async () => {
    const { code, out, err } = await runLine('--once --json --service a --wait 5');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(JSON.parse(out)).toEqual({ problem: { what: 'not in the form MIN:MAX', where: '--wait' } });
  });

  test('bring no control character to the terminal', async () => {
    const { err } = await runLine('--service a', { throws: new ProblemError({ what: 'a\u001b[2Jb\rc\nd' }) });
    expect(err).toBe('upsync: a?[2Jb?c\nd\n');
  });
});

describe('commands that start nothing', () => {
  test('--version prints the version of the package', async () => {
    const { code, out, started } = await runLine('--version');
    expect({ code, started }).toEqual({ code: 0, started: [] });
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('schema --status prints that of the status, with a word on each field', async () => {
    const { code, out } = await runLine('schema --status');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      title: 'status of upsync',
      type: 'object',
      properties: { ready: { type: 'boolean', description: 'as /readyz' } },
    });
  });

  test('schema prints JSON', async () => {
    const { code, out } = await runLine('schema');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: 'upsync.yaml', type: 'object' });
  });
});
