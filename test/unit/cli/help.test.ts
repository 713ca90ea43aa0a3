import { describe, expect, test } from 'vitest';
import { settings } from '../../../src/config/settings.ts';
import { runLine } from './io.ts';

describe('--help', () => {
  test('is the same as help and -h, and goes to standard output', async () => {
    const help = await runLine('--help');
    expect(help).toMatchObject({ code: 0, err: '', started: [] });
    expect(await runLine('-h')).toEqual(help);
    expect(await runLine('help')).toEqual(help);
  });

  test('begins with how it is used and what it is for', async () => {
    const { out } = await runLine('--help');
    expect(out.split('\n').slice(0, 4)).toEqual([
      'Usage: upsync [options]',
      '       upsync <command>',
      '',
      "Keeps nginx's upstreams in step with Consul: a node that joins takes traffic, one that dies leaves.",
    ]);
  });

  test('lists what is common before the rest, and ends with examples and exit codes', async () => {
    const { out } = await runLine('--help');
    const order = [
      '\nOptions:',
      '  --consul URL',
      '\nOnce',
      '\nFurther options',
      '  --keep-for',
      '\nCommands:',
      '\nExamples:',
      '\nExit codes:',
    ];
    const places = order.map((text) => out.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('names every setting, with its value and its default', async () => {
    const { out } = await runLine('--help', { columns: 300 });
    for (const { flag, value } of Object.values(settings)) expect(out).toContain(`  ${flag} ${value}  `);
    expect(out).toContain('--service [UPSTREAM=]NAME  ');
    expect(out).toMatch(/--wait MIN:MAX .*\(100ms:1s\)\n/);
    expect(out).toMatch(/--consul-tls-verify true\|false .*\(true\)\n/);
  });

  test('keeps to the width of the terminal', async () => {
    const { out } = await runLine('--help', { columns: 90 });
    expect(out.split('\n').filter((line) => line.length > 90)).toEqual([]);
  });
});

test('help of a command is its own', async () => {
  const { code, out } = await runLine('help schema');
  expect(code).toBe(0);
  expect(out).toContain('Usage: upsync schema');
  expect(await runLine('schema --help')).toMatchObject({ code: 0, out });
});
