import { expect, test } from 'vitest';
import { metaOf } from '../../../src/registrar/meta.ts';
import { settingsFor } from '../../../src/registrar/settings.ts';

const marks = { 'upsync-registrar': 'engine-1', 'upsync-container': 'c1' };

function meta(given: Readonly<Record<string, string>>) {
  return metaOf(settingsFor(80, Object.entries(given)), marks);
}

test('what says nothing else is meta', () => {
  const given = {
    SERVICE_REGION: 'eu',
    SERVICE_80_SNI: 'on',
    SERVICE_NAME: 'n',
    SERVICE_ID: 'i',
    SERVICE_TAGS: 't',
    SERVICE_CHECK_HTTP: '/',
  };
  expect(meta(given)).toEqual({ meta: { region: 'eu', sni: 'on', ...marks }, leftOut: [] });
});

test('the marks cannot be forged', () => {
  expect(meta({ 'SERVICE_UPSYNC-REGISTRAR': 'another' }).meta).toEqual(marks);
});

test.each([
  ['SERVICE_A.B', 'x', 'a.b'],
  ['SERVICE_CONSUL-X', 'x', 'consul-x'],
  [`SERVICE_${'K'.repeat(129)}`, 'x', 'k'.repeat(129)],
  ['SERVICE_LONG', 'ä'.repeat(257), 'long'],
])('what Consul would not take is left out, and said: %s', (key, value, name) => {
  expect(meta({ [key]: value, SERVICE_GOOD: 'x' })).toEqual({
    meta: { good: 'x', ...marks },
    leftOut: [`its meta ${name} is left out: Consul would not take it`],
  });
});

test('of more pairs than Consul takes the last are left out', () => {
  const given = Object.fromEntries(Array.from({ length: 63 }, (_, at) => [`SERVICE_K${100 + at}`, 'x']));
  const { meta: found, leftOut } = meta(given);
  expect(Object.keys(found)).toHaveLength(64);
  expect(leftOut).toEqual(['its meta k162 is left out: Consul would not take it']);
});

test('a script as a check is said to be passed over', () => {
  expect(meta({ SERVICE_CHECK_SCRIPT: 'curl' }).leftOut).toEqual([
    'SERVICE_CHECK_SCRIPT is passed over: agents run no scripts for strangers',
  ]);
});
