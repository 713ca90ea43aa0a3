import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { answer, drip, type Fault, fails, flood, headers, type Script } from '../support/consul-double.ts';
import { type ConsulProxy, startConsulProxy } from '../support/consul-proxy.ts';
import { expectLive, expectNowhere, expectServed, published } from '../support/fault.ts';
import { gateway, steadily, tally } from '../support/gateway.ts';
import { type LogLine, startUpsync, type Upsync } from '../support/upsync.ts';

const TOKEN = '5ca1ab1e-0000-4000-8000-000000000000';

interface Row {
  readonly name: string;
  readonly play: (consul: ConsulProxy) => Script;
  /** The line that says it; undefined where the fault is got over without a word. */
  readonly says?: string;
  /** How many requests meet the fault before it ends; 2 unless told. */
  readonly meets?: number;
  /** Whether what joins is seen in spite of the fault. */
  readonly seesThrough?: true;
}

const always = (fault: Fault) => (): Script => (_asked, response) => fault(response);

const says =
  (body: string | Buffer, more: Readonly<Record<string, string>> = {}) =>
  (): Script =>
  (_asked, response) =>
    response.writeHead(200, headers(11, more)).end(body);

/** Consul's whole answer at once, under the index that `spoil` makes of its own and of how many came before. */
const indexed =
  (spoil: (index: number, before: number) => number) =>
  ({ truth }: ConsulProxy): Script => {
    let before = 0;
    return async (asked, response) => {
      const { index, body } = await truth(asked);
      response.writeHead(200, headers(spoil(index, before++))).end(body);
    };
  };

const isSecondLook = ({ searchParams }: URL) => searchParams.has('consistent');
const isFirstLook = (asked: URL) => !isSecondLook(asked);
const isEither = () => true;

/** `[]` for what `lies` tells, with Consul's index moved by so many; `times` of them. */
const empty =
  (moved: number, lies: (asked: URL) => boolean, times = Number.POSITIVE_INFINITY) =>
  ({ forward, truth }: ConsulProxy): Script => {
    let told = 0;
    return async (asked, response, seen, request) => {
      told += 1;
      if (!lies(asked) || told > times) return forward(asked, response, seen, request);
      const { index } = await truth(asked);
      answer(response, index + moved, []);
    };
  };

const half: (consul: ConsulProxy) => Script =
  ({ truth }) =>
  async (asked, response) => {
    const { index, body } = await truth(asked);
    response.writeHead(200, headers(index, { 'content-length': String(body.length) }));
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  };
const redirect: Script = ({ pathname }, response) =>
  response.writeHead(307, { location: `http://127.0.0.1:9${pathname}` }).end();

const unmoved =
  'has not moved since it had instances, so the token may have lost its rights (1 instance stays)';
const page = '<html><h1>Bad gateway</h1></html>';

const faults: readonly Row[] = [
  {
    name: 'a 500',
    play: always(fails(500, 'No cluster leader')),
    says: 'Consul failed (500: No cluster leader)',
  },
  { name: 'a 429', play: always(fails(429)), says: 'Consul limits the rate of requests (429)' },
  {
    name: 'a 403',
    play: always(fails(403, 'ACL not found')),
    says: 'Consul denied the token (403: ACL not found)',
  },
  { name: 'a page of HTML', play: always(fails(502, page, 'text/html')), says: 'Consul failed (502)' },
  {
    name: 'a page of HTML with a 200',
    play: says(page, { 'content-type': 'text/html' }),
    says: 'is text/html, not JSON',
  },
  {
    name: 'a redirect',
    play: () => redirect,
    says: 'a redirect to http://127.0.0.1:9/v1/health/service/web5 (307)',
  },
  { name: 'a body cut short', play: half, says: "Consul's answer broke off before its end" },
  { name: 'invalid JSON', play: says('[{"Node":'), says: 'the answer is not valid JSON' },
  { name: 'a body of 50 MB', play: says(Buffer.alloc(50e6, '[{},')), says: 'larger than 33554432 bytes' },
  { name: 'a body that never ends', play: always(flood), says: 'larger than 33554432 bytes' },
  { name: 'a slow drip that never ends', play: always(drip), says: 'no answer in time', meets: 1 },
  { name: 'silence', play: always(() => undefined), says: 'no answer in time' },
  {
    name: 'nothing but what the token may see',
    play: says('[]', { 'x-consul-results-filtered-by-acls': 'true' }),
    says: 'Consul hid instances from the token (1 instance stays)',
  },
  {
    name: '[] once, at the index of before',
    play: empty(0, isFirstLook, 1),
    says: unmoved,
    meets: 1,
    seesThrough: true,
  },
  { name: '[] steadily, at the index of before', play: empty(0, isEither), says: unmoved },
  { name: '[] once, at a new index', play: empty(1_000, isFirstLook, 1), meets: 1, seesThrough: true },
  { name: '[] steadily, but for the second look', play: empty(1_000, isFirstLook), seesThrough: true },
  {
    name: '[] steadily, at a new index',
    play: empty(1_000, isEither),
    says: 'Consul lists it, so the token may lack node_prefix',
  },
  { name: 'an index of 0', play: indexed(() => 0), meets: 8, seesThrough: true },
  {
    name: 'an index that goes backwards',
    play: indexed((index, before) => index + 1_000 - before),
    meets: 8,
    seesThrough: true,
  },
  { name: 'an index that stands still, at once', play: indexed(() => 7), meets: 8, seesThrough: true },
  {
    name: 'an index that runs ahead, at once',
    play: indexed((index, before) => index + before),
    meets: 8,
    seesThrough: true,
  },
];

/* One upsync lives through all of this, each fault with a service of its own. */
const rows = faults.map((row, at) => ({ ...row, service: `web${at}`, address: `127.0.1.${at + 1}` }));
const bed = new AsyncDisposableStack();
let consul: Consul;
let proxy: ConsulProxy;
let nginx: NginxBed;
let one: Backend;
let two: Backend;
let three: Backend;
let upsync: Upsync;

beforeAll(async () => {
  consul = bed.use(await startConsul());
  proxy = bed.use(await startConsulProxy(consul.url));
  nginx = bed.use(await startNginx(gateway()));
  one = bed.use(await startBackend('one', '0.0.0.0'));
  two = bed.use(await startBackend('two', '0.0.0.0'));
  three = bed.use(await startBackend('three', '0.0.0.0'));
  for (const { service, address } of rows) await consul.register(one.as(service, { address }));
  upsync = bed.use(
    startUpsync(
      { consul: proxy, nginx, env: { CONSUL_HTTP_TOKEN: TOKEN } },
      ...rows.flatMap(({ service }) => ['--service', service]),
      // A request that hangs goes on hanging when its fault is over: until this is.
      ...['--consul-block', '1s', '--consul-timeout', '1s'],
    ),
  );
  await upsync.next('published');
});
afterAll(() => bed.disposeAsync());

test.each(rows)(
  'Consul says $name: nginx serves on, and what joins takes traffic within 5 s of the end',
  async ({ service, address, play, says, meets = 2, seesThrough }) => {
    const path = `/v1/health/service/${service}`;
    const url = `${nginx.url}/${service}`;
    const before = await published(nginx);
    const client = steadily(url, 5);

    const [began, first] = [Date.now(), proxy.requests.length];
    const asked = () => proxy.requests.slice(first).filter(({ pathname }) => pathname === path);
    proxy.begin(path, play(proxy));
    if (says !== undefined) expect(await saying(says, service)).toMatchObject({ level: 'warn' });
    await consul.register(two.as(service, { address }));
    if (seesThrough) await expectLive(2, service, began, upsync);
    await expect.poll(() => asked().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(meets);
    if (!seesThrough) expect(await published(nginx)).toBe(before);

    // 5 reads at once, then 5 a second, and one for each change; each has a second look at most.
    const most = 5 + (Date.now() - began) / 200 + 2;
    const [looks, reads] = [asked().filter(isSecondLook).length, asked().filter(isFirstLook).length];
    expect(reads).toBeLessThanOrEqual(most);
    expect(looks).toBeLessThanOrEqual(reads);

    if (seesThrough) await consul.register(three.as(service, { address }));
    const ended = Date.now();
    proxy.end();
    await expectLive(seesThrough ? 3 : 2, service, ended, upsync);
    await expectServed(['one', 'two', 'three'], client);
    const all = seesThrough ? { one: 2, two: 2, three: 2 } : { one: 2, two: 2 };
    expect(await tally(url, 2 * Object.keys(all).length)).toEqual(all);
  },
);

/** The line, in one piece, that says so of this service. */
function saying(words: string, service: string): Promise<LogLine> {
  return upsync.next(
    'queryFailed',
    ({ msg }) => msg.includes(service) && msg.includes(words) && !msg.includes('\n'),
  );
}

test('through all of this it lived, reported no error, and wrote its token nowhere', async () => {
  expect(upsync.text()).toBe('');
  expect(upsync.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await expectNowhere(TOKEN, upsync, nginx);
});
