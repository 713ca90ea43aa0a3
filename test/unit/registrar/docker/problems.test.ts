import { expect, test } from 'vitest';
import { engineProblem } from '../../../../src/registrar/docker/problems.ts';

const { signal } = new AbortController();

test.each([
  [{ code: 'ENOENT' }, /^there is no such socket$/, /--docker-host$/],
  [
    { code: 'EACCES' },
    /^the socket may not be opened by this user$/,
    /^run as a member of the socket's group/,
  ],
  [{ code: 'ECONNREFUSED' }, /^connection refused$/, /^is the Docker engine running\?$/],
  [{ statusCode: 403 }, /^the engine refused to answer \(403\)$/, /^let the proxy .* pass GET \/info, /],
  [{ statusCode: 500 }, /^the engine answered \(HTTP code 500\) oh no$/, undefined],
])('an error with %j is put in words, with what to do', (more, what, remedy) => {
  const found = engineProblem(Object.assign(new Error('(HTTP code 500) oh\n no '), more), signal);
  expect(found.what).toMatch(what);
  if (remedy === undefined) expect(found.remedy).toBeUndefined();
  else expect(found.remedy).toMatch(remedy);
});

test('a deadline that passed is told from a request that was given up', () => {
  const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
  expect(engineProblem(new Error('aborted'), late).what).toBe('no answer in time');
  expect(engineProblem(new Error('aborted'), AbortSignal.abort()).what).toBe('the request was cancelled');
});
