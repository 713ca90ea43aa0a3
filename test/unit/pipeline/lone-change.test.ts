import { expect, test } from 'vitest';
import { addressRules } from '../../../src/pipeline/address-rules.ts';
import type { Admission } from '../../../src/pipeline/admission.ts';
import { changesBetween } from '../../../src/pipeline/changes.ts';
import { freshMemory, type Memory } from '../../../src/pipeline/memory.ts';
import { observe } from '../../../src/pipeline/observe.ts';
import { reconcile } from '../../../src/pipeline/reconcile.ts';
import type { Registration } from '../../../src/pipeline/snapshot.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { templateData } from '../../../src/template/data.ts';
import { type Stage, stage } from './fakes.ts';
import { admission, registrations, snapshot, upstreamPlan } from './given.ts';

const names = Array.from({ length: 100 }, (_, at) => `svc${String(at).padStart(2, '0')}`);
const never = new AbortController().signal;

/** A hundred services of three instances each, at addresses of their own. Every address that is judged is noted. */
function hundred(): { on: Stage; judged: string[]; answers: Record<string, Registration[]> } {
  const rules = addressRules([], []);
  const judged: string[] = [];
  const addresses = {
    refusal(address: string) {
      judged.push(address);
      return rules.refusal(address);
    },
  };
  const upstreams = names.map((name) => upstreamPlan({ name, service: name }));
  const on = stage({ upstreams, admission: admission({ addresses }) });
  const answers = Object.fromEntries(names.map((name, at) => [name, instances(name, at, 3)]));
  on.answers = snapshot(answers);
  return { on, judged, answers };
}

function instances(service: string, at: number, count: number): Registration[] {
  return registrations(count, { service }).map((one, index) => ({ ...one, address: `10.1.${at}.${index}` }));
}

async function pass(on: Stage, memory: Memory = freshMemory(on.clock.now())) {
  const views: View[] = [];
  const { renders } = on;
  on.renders = (view) => {
    views.push(view);
    return renders(view);
  };
  const made = await reconcile(on.pipeline, memory, 'apply', never);
  on.renders = renders;
  return { ...made, view: views[0] };
}

test('of a hundred services, the one that changed is judged and made anew', async () => {
  const { on, judged, answers } = hundred();
  const first = await pass(on);
  judged.length = 0;
  on.answers = snapshot({ ...answers, svc07: instances('svc07', 7, 4) });
  const second = await pass(on, first.memory);
  expect(second.outcome).toMatchObject({ kind: 'published', changes: [{ upstream: 'svc07', up: 4 }] });
  expect(new Set(judged)).toEqual(new Set(['10.1.7.0', '10.1.7.1', '10.1.7.2', '10.1.7.3']));
  const old = new Map(first.view?.upstreams.map((upstream) => [upstream.name, upstream]));
  const fresh = second.view?.upstreams.filter((upstream) => old.get(upstream.name) !== upstream);
  expect(fresh?.map(({ name }) => name)).toEqual(['svc07']);
});

test('of a hundred services, the one that an instance leaves is judged and made anew', async () => {
  const { on, judged, answers } = hundred();
  const first = await pass(on);
  judged.length = 0;
  on.answers = snapshot({ ...answers, svc07: instances('svc07', 7, 2) });
  const second = await pass(on, first.memory);
  expect(second.outcome).toMatchObject({ kind: 'published', changes: [{ upstream: 'svc07', up: 2 }] });
  expect(new Set(judged)).toEqual(new Set(['10.1.7.0', '10.1.7.1']));
});

test('a first answer among a hundred costs no look at those that are there', async () => {
  const { on, judged, answers } = hundred();
  const { svc99, ...others } = answers;
  on.answers = snapshot(others);
  const first = await pass(on);
  expect(first.outcome).toMatchObject({ kind: 'waiting', missing: ['svc99'] });
  judged.length = 0;
  on.answers = snapshot({ ...others, svc99: svc99 ?? [] });
  expect((await pass(on, first.memory)).outcome.kind).toBe('published');
  expect(judged.every((address) => address.startsWith('10.1.99.'))).toBe(true);
});

test('another admission looks at everything again, and so does another plan', () => {
  const answers = snapshot({ web1: registrations(1) });
  const plan = upstreamPlan();
  const rules: Admission = admission();
  const [first] = observe([plan], rules, answers);
  expect(observe([plan], rules, new Map(answers))[0]).toBe(first);
  const strict = admission({ addresses: addressRules([], ['10.0.0.0/8']) });
  expect(observe([plan], strict, answers)[0]?.leftOut).toHaveLength(1);
  expect(observe([upstreamPlan({ tags: ['v2'] })], rules, answers)[0]?.registered).toEqual([]);
});

test('where a host name leads is looked at each time', () => {
  const rules = admission({ hostnames: true });
  const plan = upstreamPlan();
  const named = snapshot({ web1: registrations(1, { address: 'db.example.org' }) });
  const leading = (...value: string[]) =>
    new Map([
      ...named,
      ['host:db.example.org', { query: { kind: 'host', name: 'db.example.org' }, value, since: 0 }] as const,
    ]);
  const hosts = (...value: string[]) =>
    observe([plan], rules, leading(...value))[0]?.servers.map(({ host }) => host);
  expect(hosts('10.0.0.7')).toEqual(['10.0.0.7']);
  expect(hosts('10.0.0.8', '10.0.0.9')).toEqual(['10.0.0.8', '10.0.0.9']);
});

test('what is the same object in both views is not compared', async () => {
  const { on } = hundred();
  const { view } = await pass(on);
  let asked = 0;
  const servers = new Proxy([], {
    get(target, key) {
      asked += 1;
      return Reflect.get(target, key);
    },
  });
  const upstreams = (view?.upstreams ?? []).map((upstream) => ({ ...upstream, servers }));
  const same = { upstreams, routes: [], leftOut: [] };
  expect(changesBetween(same, { ...same })).toEqual([]);
  expect(asked).toBe(0);
});

test('the data and the lines of an upstream that stays the same are not made again', async () => {
  const { on, answers } = hundred();
  const first = await pass(on);
  on.answers = snapshot({ ...answers, svc07: instances('svc07', 7, 4) });
  const second = await pass(on, first.memory);
  const [before, after] = [first.view, second.view].map((view) =>
    templateData(view ?? { upstreams: [], routes: [], leftOut: [] }, 'http', '127.9.9.9:20000'),
  );
  const fresh = after?.upstreams.filter((upstream, at) => upstream !== before?.upstreams[at]);
  expect(fresh?.map(({ name }) => name)).toEqual(['svc07']);
  const [one] = after?.upstreams ?? [];
  expect(Object.isFrozen(one) && Object.isFrozen(one?.servers) && Object.isFrozen(one?.servers[0])).toBe(
    true,
  );
});

test('a template may write the lines of an upstream that it made itself, and change that', async () => {
  const { on } = hundred();
  const { view } = await pass(on);
  const it = templateData(view ?? { upstreams: [], routes: [], leftOut: [] }, 'http', '127.9.9.9:20000');
  const [one] = it.upstreams;
  if (one === undefined) throw new Error('there are a hundred');
  const own = { ...one, servers: one.servers.slice(0, 1) };
  expect(it.servers(own)).toBe('    server 10.1.0.0:80;');
  own.servers = one.servers.slice(1, 2);
  expect(it.servers(own)).toBe('    server 10.1.0.1:80;');
  expect(it.servers(one)).toContain('server 10.1.0.2:80;');
});
