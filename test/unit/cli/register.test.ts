import { describe, expect, test } from 'vitest';
import { registerSettings } from '../../../src/config/register-settings.ts';
import { runLine } from './io.ts';

describe('upsync register', () => {
  test('runs the registrar with what it was given', async () => {
    const { code, err, started, register } = await runLine(
      'register --internal --network app --tags a,b --consul http://consul:8500',
    );
    expect({ code, err, started }).toEqual({ code: 0, err: '', started: ['register'] });
    expect(register).toMatchObject({
      options: { once: false, json: false },
      config: {
        plan: { internal: true, network: 'app', tags: ['a', 'b'] },
        consul: { address: 'http://consul:8500' },
      },
    });
  });

  test('runs once, which is not the once of the sidecar', async () => {
    const { started, register } = await runLine('register --once --json');
    expect(started).toEqual(['register']);
    expect(register?.options).toEqual({ once: true, json: true });
  });

  test('takes every setting by flag', async () => {
    for (const { flag, value } of Object.values(registerSettings)) {
      const { err } = await runLine(`register ${flag}${value === '' ? ' x' : ''}`);
      expect(err).toContain(value === '' ? 'takes no arguments' : `${flag} needs a value, ${flag} ${value}`);
    }
  });

  test.each([
    ['--json', '--json goes with --once; for the log write --log-format json'],
    [
      'consul://10.0.0.1:8500',
      'upsync register takes no registry as an argument; write --consul http://10.0.0.1:8500',
    ],
    ['web1', 'upsync register takes no arguments; upsync register --help lists its options'],
    ['-ip 10.0.0.5', 'unknown option -ip; write --ip, with two dashes'],
    ['--intenral', 'unknown option --intenral; did you mean --internal?'],
    [
      '--ip 127.0.0.1',
      '--ip: no other host reaches this one there; give an address of this host that others reach, or register the addresses of the containers with --internal',
    ],
  ])('tells what is wrong with %s', async (line, message) => {
    const { code, out, err, started } = await runLine(`register ${line}`);
    expect({ code, out, err, started }).toEqual({
      code: 1,
      out: '',
      err: `upsync: ${message}\n`,
      started: [],
    });
  });

  test('tells of a variable that is none of its own, and knows those of the sidecar', async () => {
    const env = { UPSYNC_REGISTER_TGAS: 'a', UPSYNC_REGISTER_IP: '10.0.0.5', UPSYNC_KEEP_FOR: '5s' };
    const { err, started } = await runLine('register', { env });
    expect({ err, started }).toEqual({
      err: 'upsync: the variable UPSYNC_REGISTER_TGAS means nothing here; did you mean UPSYNC_REGISTER_TAGS?\n',
      started: ['register'],
    });
    const beside = await runLine('--service a', { env: { UPSYNC_REGISTER_IP: '10.0.0.5' } });
    expect(beside.err).toBe('');
  });

  test('tells a machine of an error as one document', async () => {
    const { code, out } = await runLine('register --once --json --ip x');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ problem: { where: '--ip' } });
  });

  test('shows where an error came from when its own log level asks for that', async () => {
    const throws = new TypeError('x is not a function');
    expect((await runLine('register --log-level debug', { throws })).err).toMatch(/^upsync: x .*\n.*\n +at /);
    expect((await runLine('register', { throws })).err).toMatch(/UPSYNC_LOG_LEVEL=debug shows where\n$/);
  });
});

describe('upsync register --help', () => {
  test('names every setting, with its value and its default', async () => {
    const { out } = await runLine('register --help', { columns: 300 });
    for (const { flag, value } of Object.values(registerSettings)) {
      expect(out).toContain(`  ${flag}${value === '' ? '' : ` ${value}`}  `);
    }
    expect(out).toMatch(/--resync TIME .*\(10s\)\n/);
  });

  test("tells a container's own settings, where values come from, and examples", async () => {
    const { out } = await runLine('register --help');
    for (const text of [
      'SERVICE_NAME',
      'SERVICE_CHECK_HTTP',
      'UPSYNC_REGISTER_IP',
      'DOCKER_HOST',
      '\nExamples:',
    ]) {
      expect(out).toContain(text);
    }
  });

  test('keeps to the width of the terminal', async () => {
    const { out } = await runLine('register --help', { columns: 96 });
    expect(out.split('\n').filter((line) => line.length > 96)).toEqual([]);
  });

  test('is named in the help of upsync', async () => {
    expect((await runLine('--help')).out).toMatch(
      /\n +register \[options\] +register this host's containers/,
    );
  });
});
