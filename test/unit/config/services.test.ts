import { describe, expect, test } from 'vitest';
import { complaintOf, load } from './loading.ts';

async function followed(given: Parameters<typeof load>[0]): Promise<Record<string, string>> {
  const { plan } = await load(given);
  return Object.fromEntries(plan.upstreams.map(({ name, service }) => [name, service]));
}

describe('services by flag', () => {
  test('name their upstream, or lend it their name', async () => {
    expect(await followed({ services: ['web1', 'api=service_api'] })).toEqual({
      api: 'service_api',
      web1: 'web1',
    });
  });

  test('add to those of the environment and the file', async () => {
    const yaml = 'upstreams: {c: {service: d}}';
    expect(await followed({ yaml, services: ['a'], env: { UPSYNC_SERVICES: 'b=x, ,e' } })).toEqual({
      a: 'a',
      b: 'x',
      c: 'd',
      e: 'e',
    });
  });

  test('leave alone what the file says of the same upstream', async () => {
    const { plan } = await load({ yaml: 'upstreams: {a: {on_empty: down}}', services: ['a', 'a=a'] });
    expect(plan.upstreams).toMatchObject([{ name: 'a', service: 'a', onEmpty: 'down' }]);
  });

  test('are refused where the upstream follows another service', async () => {
    const remedy = 'give one of them another upstream, as UPSTREAM=NAME';
    expect(await complaintOf({ services: ['a=b', 'a=c'] })).toBe(
      `--service: upstream a cannot follow c: it follows b already; ${remedy}`,
    );
    expect(await complaintOf({ yaml: 'upstreams: {a: }', env: { UPSYNC_SERVICES: 'a=c' } })).toBe(
      `UPSYNC_SERVICES: upstream a cannot follow c: it follows a already; ${remedy}`,
    );
  });

  test('are refused where nginx would take two for one', async () => {
    expect(await complaintOf({ yaml: 'upstreams: {web: }', services: ['Web'] })).toBe(
      '--service: to nginx the same name as web; rename one',
    );
  });

  test('whose name can be no upstream are told to take another', async () => {
    expect(await complaintOf({ services: ['a/b'] })).toMatch(
      /^--service: "a\/b" is not a name for an upstream; write UPSTREAM=a\/b; for UPSTREAM use 1 to 63 /,
    );
    expect(await followed({ services: ['ab=a/b'] })).toEqual({ ab: 'a/b' });
  });

  test.each(['', 'a=', '=a', '__proto__', 'a b', 'a=b c'])('are refused as %j', async (service) => {
    expect(await complaintOf({ services: [service] })).toMatch(/^--service: /);
  });

  test('may bear names that objects have', async () => {
    expect(await followed({ services: ['constructor', 'toString'] })).toEqual({
      constructor: 'constructor',
      toString: 'toString',
    });
  });
});
