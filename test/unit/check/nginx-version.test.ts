import { expect, test } from 'vitest';
import { isBefore, nginxVersion } from '../../../src/check/nginx-version.ts';

test.each([
  ['nginx/1.22.1', [1, 22, 1]],
  ['openresty/1.27.1.1', [1, 27, 1]],
  ['1.30.6', [1, 30, 6]],
  ['Angie/1.8.1', undefined],
  ['tengine/3.1.0', undefined],
  ['unknown', undefined],
])('%s is %s', (text, version) => {
  expect(nginxVersion(text)).toEqual(version);
});

test.each([
  ['1.27.3', '1.27.4', true],
  ['1.27.4', '1.27.4', false],
  ['1.9.15', '1.27.4', true],
  ['1.28.0', '1.27.4', false],
  ['2.0.0', '1.27.4', false],
])('%s is before %s: %s', (one, other, before) => {
  expect(isBefore(nginxVersion(one) ?? [0, 0, 0], nginxVersion(other) ?? [0, 0, 0])).toBe(before);
});
