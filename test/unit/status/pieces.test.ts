import { expect, test } from 'vitest';
import { difference, piecesOf, whole } from '../../../src/status/pieces.ts';
import { applyChange } from '../../support/event-stream.ts';
import {
  answered,
  configured,
  published,
  reconciled,
  releaseOf,
  stateAfter,
  statusAt,
  well,
} from './told.ts';

const before = statusAt(2_000, stateAfter(...well));
const joined = reconciled(published(releaseOf('b', 3)), { changeToLive: 90 });

test('the pieces together are the status', () => {
  expect(JSON.parse(whole(piecesOf(before)))).toEqual(before);
});

test('a difference holds what changed, and of many upstreams those that did', () => {
  const after = statusAt(3_000, stateAfter(...well, [2_500, joined]));
  const change = JSON.parse(difference(piecesOf(before), piecesOf(after)));
  expect(Object.keys(change).toSorted()).toEqual([
    'changeToLive',
    'counts',
    'notReady',
    'ready',
    'release',
    'releases',
    'steps',
    'time',
    'upstreams',
    'warnings',
  ]);
  expect(Object.keys(change.upstreams)).toEqual(['web1']);
  expect(Object.keys(change.releases)).toEqual(['2']);
});

test('where nothing changed it is the time alone', () => {
  const after = statusAt(2_001, stateAfter(...well));
  expect(JSON.parse(difference(piecesOf(before), piecesOf(after)))).toEqual({ time: after.time });
});

test('what is gone is null', () => {
  const fewer = { ...configured, upstreams: configured.upstreams.slice(1) };
  const after = statusAt(3_000, stateAfter(...well, [2_500, fewer]));
  expect(JSON.parse(difference(piecesOf(before), piecesOf(after)))).toMatchObject({
    upstreams: { api: null },
    queries: { 'service:api': null },
  });
});

test('whoever replaces what a difference holds has the whole again', () => {
  const after = statusAt(4_000, stateAfter(...well, [2_500, joined], [3_000, answered('web1', 5, '8')]));
  const change: unknown = JSON.parse(difference(piecesOf(before), piecesOf(after)));
  expect(applyChange(before, change)).toEqual(after);
});
