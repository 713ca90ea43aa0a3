import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import {
  answer,
  type ConsulDouble,
  drip,
  entry,
  type Fault,
  fails,
  flood,
  headers,
  startConsulDouble,
} from '../support/consul-double.ts';
import { type Followed, follow, leapingClock, web } from '../support/consul-follow.ts';

const KEY = 'service:web1';
const TOKEN = '5ca1ab1e-0000-4000-8000-000000000000';
const TWO = [entry('a'), entry('b')];

/** The double answers with two instances at index 10, and makes blocking queries wait for the next `play`. */
async function steady(): Promise<ConsulDouble> {
  const double = await startConsulDouble((asked, response) => {
    if (!asked.searchParams.has('index')) answer(response, 10, TWO);
  });
  onTestFinished(() => double[Symbol.asyncDispose]());
  return double;
}

function tracked(followed: Followed): Followed {
  onTestFinished(() => followed.stop());
  return followed;
}

/** A 200 at index 11, unless the headers say otherwise. */
const says =
  (body: string, more: Readonly<Record<string, string>> = {}): Fault =>
  (response) =>
    response.writeHead(200, headers(11, more)).end(body);

/** Headers and the begin of a body, and then the end of the connection. */
const breaksOff =
  (more: Readonly<Record<string, string>> = {}): Fault =>
  (response) =>
    response.writeHead(200, headers(11, more)).write('[]', () => response.destroy());

const portless = JSON.stringify([{ ...entry('a'), Service: { ID: 'a' } }]);

const faults: readonly (readonly [name: string, fault: Fault, words: string])[] = [
  ['a 500', fails(500, 'No cluster leader'), 'Consul failed (500: No cluster leader)'],
  ['a 502 with a page', fails(502, '<h1>Bad</h1>', 'text/html'), 'Consul failed (502)'],
  ['a 429', fails(429), 'Consul limits the rate of requests (429)'],
  ['a 403', fails(403, 'No rights'), 'Consul denied the token (403: No rights); check that the token'],
  ['a 403 with the token in it', fails(403, `no ${TOKEN}`), 'Consul denied the token (403: no (token))'],
  ['a 404', fails(404), 'Consul refused the request (404); check consul.address'],
  ['a 204', fails(204), 'Consul answered 204, not 200'],
  ['an HTML page', says('<h1>Hi</h1>', { 'content-type': 'text/html' }), 'the answer is text/html, not JSON'],
  ['no body', says(''), 'the answer has no body'],
  ['half a JSON', says('[{"Node":'), 'the answer is not valid JSON'],
  ['another JSON', says('{"hello":"world"}'), "the answer is not built as Consul's are (the whole: "],
  ['an instance without a port', says(portless), "the answer is not built as Consul's are (0.Service."],
  ['a body cut short', breaksOff({ 'content-length': '999' }), "Consul's answer broke off before its end"],
  ['a body in chunks cut short', breaksOff(), "Consul's answer broke off before its end"],
  ['a closed connection', (response) => response.destroy(), 'the connection was closed before an answer'],
  ['silence', () => undefined, 'no answer in time'],
  ['a slow drip', drip, 'no answer in time'],
  ['an endless body', flood, "Consul's answer is larger than 100000 bytes"],
  ['an empty index', says('[]', { 'x-consul-index': '' }), 'the answer has no X-Consul-Index'],
  ['an odd index', says('[]', { 'x-consul-index': 'soon' }), 'the answer has no X-Consul-Index'],
  ['no leader', says('[]', { 'x-consul-knownleader': 'false' }), 'Consul has no leader'],
  [
    'a leader long gone',
    says('[]', { 'x-consul-lastcontact': '60001' }),
    'heard from the leader 60001 ms ago',
  ],
  [
    'hidden instances',
    says('[]', { 'x-consul-results-filtered-by-acls': 'true' }),
    'not believed: Consul hid instances from the token (2 instances stay)',
  ],
];

test.each(faults)('%s changes nothing, is told, and is got over', async (_, fault, words) => {
  const double = await steady();
  const followed = tracked(
    follow(double.url, [web('web1')], { token: TOKEN, block: 100, timeout: 150 }, { maxBody: 100_000 }),
  );
  await followed.until(() => followed.value(KEY));
  const before = followed.feed.snapshot().get(KEY);

  double.play((_asked, response) => fault(response));
  const first = await followed.next('queryFailed');
  const second = await followed.next('queryFailed');
  expect(first.problem.where).toBe(`${double.url}/v1/health/service/web1`);
  expect(`${second.problem.what}; ${second.problem.remedy}`).toContain(words);
  expect([second.failures, second.since]).toEqual([first.failures + 1, first.since]);
  expect(followed.feed.snapshot().get(KEY)).toEqual(before);

  double.play((_asked, response) => answer(response, 12, TWO));
  await followed.next('queryRecovered');
  expect(followed.value(KEY)).toBe(before?.value);
  expect(followed.changes).toBe(1);
  expect(JSON.stringify(followed.events)).not.toContain(TOKEN);
});

test('a Consul that is not there is told as such', async () => {
  const double = await steady();
  await double[Symbol.asyncDispose]();
  const followed = tracked(follow(double.url, [web('web1')]));
  const { problem } = await followed.next('queryFailed');
  expect(problem).toEqual({
    where: `${double.url}/v1/health/service/web1`,
    what: 'connection refused',
    remedy: 'is the Consul agent running there?',
  });
});

test('a redirect is not followed, and the token goes nowhere', async () => {
  await using elsewhere = await startConsulDouble((_, response) => answer(response, 10, TWO));
  const double = await steady();
  double.play((asked, response) =>
    response.writeHead(301, { location: elsewhere.url + asked.pathname }).end(),
  );
  const followed = tracked(follow(double.url, [web('web1')], { token: TOKEN }));
  const { problem } = await followed.next('queryFailed');
  expect(problem.what).toBe(
    `Consul answered with a redirect to ${elsewhere.url}/v1/health/service/web1 (301), which is not followed`,
  );
  await followed.next('queryFailed');
  expect(elsewhere.requests).toEqual([]);
});

test('the first request comes back at once, and the next waits for a change past its index', async () => {
  let token: unknown;
  const double = await steady();
  double.play((asked, response, _seen, request) => {
    token = request.headers['x-consul-token'];
    if (!asked.searchParams.has('index')) answer(response, 10, TWO);
  });
  tracked(follow(double.url, [{ kind: 'service', service: 'a/b?', datacenter: 'dc2' }], { token: TOKEN }));
  await expect.poll(() => double.requests.length).toBe(2);
  expect(double.requests.map(({ pathname, search }) => pathname + search)).toEqual([
    '/v1/health/service/a%2Fb%3F?dc=dc2&stale=1',
    '/v1/health/service/a%2Fb%3F?dc=dc2&stale=1&index=10&wait=60000ms',
  ]);
  expect(token).toBe(TOKEN);
});

test('an index of 0 is asked past as 1', async () => {
  const double = await steady();
  double.play((asked, response) => {
    if (!asked.searchParams.has('index')) answer(response, 0, TWO);
  });
  tracked(follow(double.url, [web('web1')]));
  await expect.poll(() => double.requests.at(-1)?.searchParams.get('index')).toBe('1');
});

test('an index that goes backwards leads to a read without one, and to no complaint', async () => {
  const double = await steady();
  const followed = tracked(follow(double.url, [web('web1')]));
  double.play((asked, response) => {
    const index = asked.searchParams.get('index');
    if (index === null) answer(response, 10, TWO);
    if (index === '10') {
      // From here on, Consul counts from 3.
      double.play((again, late) => {
        if (!again.searchParams.has('index')) answer(late, 3, TWO.slice(1));
      });
      answer(response, 2, []);
    }
  });
  await followed.until(() => followed.value(KEY)?.length === 1);
  await expect.poll(() => double.requests.at(-1)?.searchParams.get('index')).toBe('3');
  expect(followed.events.map(({ type }) => type)).toEqual(['answered', 'answered']);
});

const doubts: readonly (readonly [name: string, consistent: Fault, services: Fault, words: string])[] = [
  [
    'a consistent read fails',
    fails(500),
    says('{"consul":[]}'),
    '/v1/health/service/web1: Consul failed (500)',
  ],
  ['the token sees nothing', says('[]'), says('{}'), 'the token sees no service at all'],
  ['the list of services fails', says('[]'), fails(403), '/v1/catalog/services: Consul wants a token (403)'],
];

test.each(doubts)('an empty answer is not believed where %s', async (_, consistent, services, words) => {
  const double = await steady();
  const followed = tracked(follow(double.url, [web('web1')], { block: 100, timeout: 150 }));
  await followed.until(() => followed.value(KEY));
  double.play((asked, response) => {
    if (asked.pathname === '/v1/catalog/services') services(response);
    else if (asked.searchParams.has('consistent')) consistent(response);
    else answer(response, 12, []);
  });
  const { problem } = await followed.next('queryFailed');
  expect(problem.what).toContain('empty answer for web1 not believed: ');
  expect(problem.what).toContain(words);
  expect(problem.what).toContain('(2 instances stay)');
  expect(followed.value(KEY)).toHaveLength(2);
});

test('an answer that is older than the last one, as of a server that lags, gives way to a consistent read', async () => {
  const double = await steady();
  const followed = tracked(follow(double.url, [web('web1')], { block: 100, timeout: 150 }));
  await followed.until(() => followed.value(KEY));
  double.play((asked, response) => {
    if (asked.searchParams.has('index')) response.writeHead(500).end();
    else if (asked.searchParams.has('consistent')) answer(response, 11, [entry('a'), entry('c')]);
    else answer(response, 9, [entry('z')]);
  });
  await followed.until(() => followed.value(KEY)?.some(({ id }) => id === 'c'));
  expect(followed.changes).toBe(2);

  double.play((asked, response) => {
    if (asked.searchParams.has('index') || asked.searchParams.has('consistent')) fails(500)(response);
    else answer(response, 9, [entry('z')]);
  });
  const told = await followed.until(() =>
    followed.events.find((event) => event.type === 'queryFailed' && /older/.test(event.problem.what)),
  );
  expect(told).toMatchObject({
    problem: {
      what: expect.stringMatching(
        /^answer for web1 not believed: it is older than the last one, and .*Consul failed \(500\)/,
      ),
    },
  });
  expect(followed.value(KEY)?.map(({ id }) => id)).toEqual(['a', 'c']);
});

test('where a consistent read has instances after all, they are the answer', async () => {
  const double = await steady();
  double.play((asked, response) => {
    if (asked.searchParams.has('consistent')) answer(response, 7, TWO);
    else if (!asked.searchParams.has('index')) answer(response, 6, []);
  });
  const followed = tracked(follow(double.url, [web('web1')]));
  await followed.until(() => followed.value(KEY)?.length === 2);
  await expect.poll(() => double.requests.at(-1)?.searchParams.get('index')).toBe('7');
  expect(followed.events.map(({ type }) => type)).toEqual(['answered']);
});

test('the second look at an empty answer is consistent and does not wait', async () => {
  const double = await steady();
  double.play((asked, response) => {
    if (asked.pathname === '/v1/catalog/services') answer(response, 5, { consul: [] });
    else if (!asked.searchParams.has('index')) answer(response, 5, []);
  });
  const followed = tracked(follow(double.url, [web('web1')]));
  await followed.until(() => followed.value(KEY));
  expect(double.requests.slice(0, 3).map(({ pathname, search }) => pathname + search)).toEqual([
    '/v1/health/service/web1?stale=1',
    '/v1/health/service/web1?consistent=1',
    '/v1/catalog/services?consistent=1',
  ]);
});

test('a connection on which a query waits is probed by TCP: a machine that vanishes is noticed long before the wait is over', async () => {
  const double = await steady();
  tracked(follow(double.url, [web('web1')]));
  await expect.poll(() => double.requests.length).toBe(2);
  // proc(5): the address of the other end, then state, queues and the timer, of which 2 is keep-alive's.
  const port = Number(new URL(double.url).port).toString(16).toUpperCase().padStart(4, '0');
  const timers = async () =>
    [...(await readFile('/proc/net/tcp', 'utf8')).matchAll(/:(....) 01 \S+ (\d\d):/g)]
      .filter(([, theirs]) => theirs === port)
      .map(([, , timer]) => timer);
  await expect.poll(timers).toEqual(['02']);
});

test('a query that is wanted no more lets go of its connection at once', async () => {
  const double = await steady();
  const followed = tracked(follow(double.url, [web('web1'), web('web2')]));
  await expect.poll(() => double.requests.length).toBe(4);
  expect(await double.connections()).toBe(2);

  followed.feed.want([web('web2')]);
  await expect.poll(() => double.connections(), { timeout: 500 }).toBe(1);
});

test('the end of the feed closes idle connections too', async () => {
  const double = await steady();
  double.play((_, response) => response.writeHead(500).end());
  const tuning = { backoffBase: 60_000, backoffCap: 60_000, random: () => 0.9 };
  const followed = tracked(follow(double.url, [web('web1')], {}, tuning));
  await followed.next('queryFailed');
  expect(await double.connections()).toBe(1);

  followed.stop();
  await expect.poll(() => double.connections(), { timeout: 500 }).toBe(0);
});

test('an endpoint that answers at once, with whatever index, costs 5 requests, then 5 a second, and one for each change', async () => {
  const clock = leapingClock();
  const double = await steady();
  double.play((_, response, seen) => answer(response, seen % 2 === 0 ? 10 : seen + 10, TWO));
  const followed = tracked(follow(double.url, [web('web1')], {}, {}, clock));
  await expect.poll(() => clock.now(), { timeout: 10_000 }).toBeGreaterThan(60_000);
  followed.stop();
  expect(double.requests.length).toBeGreaterThan(clock.now() / 200 - 1);
  expect(followed.changes).toBe(1);
  expect(double.requests.length).toBeLessThanOrEqual(5 + clock.now() / 200 + followed.changes);
});

test('failures are retried for ever, further and further apart, up to the cap', async () => {
  const clock = leapingClock();
  const double = await steady();
  double.play((_, response) => response.writeHead(500).end());
  const tuning = { backoffBase: 250, backoffCap: 15_000, random: () => 0.999 };
  const followed = tracked(follow(double.url, [web('web1')], {}, tuning, clock));
  await expect.poll(() => clock.now(), { timeout: 10_000 }).toBeGreaterThan(3_600_000);
  const waits = followed.events.map((event) => (event.type === 'queryFailed' ? event.retryIn : 0));
  expect(waits.slice(0, 8)).toEqual([249, 499, 999, 1998, 3996, 7992, 14_985, 14_985]);
  expect(waits.length).toBeGreaterThan(240);

  double.play((_, response) => answer(response, 10, TWO));
  await followed.next('queryRecovered');
});
