import { describe, expect, test } from 'vitest';
import { isOn, settingsFor, splitTags } from '../../../src/registrar/settings.ts';

describe('of the settings that count for a port', () => {
  test('the later of two with one name counts, so that labels go before the environment', () => {
    const settings = settingsFor(80, [
      ['SERVICE_NAME', 'environment'],
      ['SERVICE_NAME', 'label'],
    ]);
    expect(settings.get('name')).toBe('label');
  });

  test.each([
    [['SERVICE_80_NAME', 'own'] as const, ['SERVICE_NAME', 'general'] as const],
    [['SERVICE_NAME', 'general'] as const, ['SERVICE_80_NAME', 'own'] as const],
  ])('one for the port goes before one for all, in whatever order: %j, %j', (...given) => {
    const settings = settingsFor(80, given);
    expect([settings.get('name'), settings.isOwn('name')]).toEqual(['own', true]);
    const other = settingsFor(443, given);
    expect([other.get('name'), other.isOwn('name')]).toEqual(['general', false]);
  });

  test('names are lower-cased, and what does not begin with SERVICE_ is none', () => {
    const settings = settingsFor(80, [
      ['SERVICE_Check_HTTP', '/'],
      ['service_id', 'x'],
      ['MY_SERVICE_TAGS', 'x'],
      ['SERVICE_', 'x'],
    ]);
    expect([...settings.all]).toEqual([['check_http', '/']]);
  });

  test('an empty one is as good as none', () => {
    expect(settingsFor(80, [['SERVICE_NAME', '']]).get('name')).toBeUndefined();
  });
});

test.each([
  ['', []],
  ['a', ['a']],
  ['a,b', ['a', 'b']],
  [',a,,b,', ['a', 'b']],
  ['a\\,b,c', ['a,b', 'c']],
  ['/(;\\,:-_)/', ['/(;,:-_)/']],
])('the tags %j are %j', (text, tags) => {
  expect(splitTags(text)).toEqual(tags);
});

test.each([
  [undefined, false],
  ['false', false],
  ['0', false],
  ['true', true],
  ['yes', true],
])('the switch %j is %j', (value, on) => {
  expect(isOn(value)).toBe(on);
});
