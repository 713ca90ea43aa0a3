import { describe, expect, test } from 'vitest';
import { complaintOf, folderWith } from './loading.ts';

describe('an unknown key', () => {
  test('is refused with its line and the nearest key', async () => {
    expect(await complaintOf({ yaml: 'upstreams:\n  web1:\n    tags: [a]\n    on_emtpy: down\n' })).toBe(
      'upsync.yaml:4 upstreams.web1.on_emtpy: unknown key; did you mean on_empty?',
    );
  });

  test('that belongs to a section is told where', async () => {
    expect(await complaintOf({ yaml: 'token_file: x\nupstreams: {a: }' })).toBe(
      'upsync.yaml:1 token_file: unknown key; did you mean consul.token_file?',
    );
  });

  test('like nothing else is told what there is', async () => {
    expect(await complaintOf({ yaml: 'wait: {quiescence: 5s}\nupstreams: {a: }' })).toBe(
      'upsync.yaml:1 wait.quiescence: unknown key; known here: min, max',
    );
  });

  test('in a list of templates is found too', async () => {
    const yaml = 'templates:\n  - source: a\n    destination: a.conf\n    sorce: a\nupstreams: {a: }';
    expect(await complaintOf({ yaml })).toBe(
      'upsync.yaml:4 templates.0.sorce: unknown key; did you mean source?',
    );
  });
});

test('all problems are told at once, in the order of their lines', async () => {
  const yaml = [
    'consul: {block: 5, stale: maybe}',
    'wait: {min: 2s, max: 1s}',
    'upstreams:',
    '  web1: {on_empty: no}',
    '  WEB1:',
    '  bad name: {}',
  ].join('\n');
  expect(await complaintOf({ yaml, flags: { '--keepalive': 'some', '--wait': '5s' } })).toBe(
    [
      '8 problems in the configuration',
      '  --keepalive: not a number',
      '  --wait: not in the form MIN:MAX',
      '  upsync.yaml:1 consul.block: a time without a unit; write 5s, or 5ms',
      '  upsync.yaml:1 consul.stale: not true or false',
      '  upsync.yaml:2 wait.max: the longest wait is shorter than the quiet time, wait.min',
      '  upsync.yaml:4 upstreams.web1.on_empty: not one of its values; write keep, down or drop',
      '  upsync.yaml:5 upstreams.WEB1: to nginx the same name as web1; rename one',
      '  upsync.yaml:6 upstreams."bad name": not a name for an upstream; use 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit',
    ].join('\n'),
  );
});

test('a value is blamed on the flag or variable that it came by', async () => {
  expect(await complaintOf({ services: ['a'], env: { UPSYNC_KEEP_FOR: '10' } })).toBe(
    'UPSYNC_KEEP_FOR: a time without a unit; write 10s, or 10ms',
  );
  expect(await complaintOf({ services: ['a'], env: { CONSUL_HTTP_SSL_VERIFY: 'perhaps' } })).toBe(
    'CONSUL_HTTP_SSL_VERIFY: not true or false',
  );
  expect(await complaintOf({ services: ['a'], flags: { '--log-level': 'loud' } })).toBe(
    '--log-level: not one of its values; write trace, debug, info, warn or error',
  );
});

describe('a file', () => {
  test('that is not there is named as it was given', async () => {
    expect(await complaintOf({ file: 'no/such.yaml' })).toBe('no/such.yaml: no such file');
  });

  test('that is a folder is named as one', async () => {
    const cwd = await folderWith({});
    expect(await complaintOf({ cwd, file: cwd })).toBe(`${cwd}: a folder, not a file`);
  });

  test('that is no YAML is refused with each line, and none of them is quoted', async () => {
    const told = await complaintOf({ yaml: 'output: a\noutput: b\nconsul: [secret\n' });
    expect(told).toMatch(/^2 problems in the configuration\n {2}upsync\.yaml:2: .*\n {2}upsync\.yaml:4: /);
    expect(told).not.toContain('secret');
  });

  test.each(['%secret\n---\na: b', 'a: *secret', 'a: !secret b', 'a: |secret\n b'])(
    'is not quoted by an error of the parser: %j',
    async (yaml) => {
      const told = await complaintOf({ yaml });
      expect(told).toMatch(/^upsync\.yaml(:\d+)?: \w/);
      expect(told).not.toContain('secret');
    },
  );

  test('whose aliases multiply without end is refused', async () => {
    const nine = (name: string) => `[${Array(9).fill(name).join(',')}]`;
    const levels = ['a', 'b', 'c', 'd', 'e'].map(
      (to, at) => `${to}: &${to} ${nine(at === 0 ? 'x' : `*${' abcd'[at]}`)}`,
    );
    expect(await complaintOf({ yaml: levels.join('\n') })).toBe(
      'upsync.yaml: Excessive alias count indicates a resource exhaustion attack',
    );
  });

  test('that is no map is refused', async () => {
    expect(await complaintOf({ yaml: '- web1' })).toBe(
      'upsync.yaml:1: not a section with keys; write KEY: VALUE for each',
    );
  });

  test('whose section is no section is refused', async () => {
    expect(
      await complaintOf({ yaml: 'consul: here\nupstreams: {a: }', flags: { '--consul': 'http://b' } }),
    ).toBe('upsync.yaml:1 consul: not a section with keys; write KEY: VALUE for each');
  });
});
