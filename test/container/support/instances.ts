import { expect } from 'vitest';
import { z } from 'zod';
import { ask, steadily } from '../../support/gateway.ts';
import type { Stack } from './stack.ts';

const Who = z.object({ instance: z.string() });

/** Who answers for web1. */
export async function instances(url: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let each = 0; each < 12; each += 1) {
    const { status, body } = await ask(`${url}/web1/`);
    found.add(status === 200 ? Who.parse(JSON.parse(body)).instance : String(status));
  }
  return [...found].toSorted();
}

/** web1 scaled to three and back to one under the load of three clients: each takes traffic, and no request is lost. */
export async function scaledUnderLoad(stack: Stack, url: string): Promise<void> {
  const clients = Array.from({ length: 3 }, () => steadily(`${url}/web1/`, 5));
  await stack.up('--scale', 'web1=3');
  await expect.poll(() => instances(url), { timeout: 20_000 }).toHaveLength(3);
  const three = (await stack.ids('web1')).map((id) => `${id.slice(0, 12)}:30002`);
  await stack.up('--scale', 'web1=1');
  const counts = await Promise.all(clients.map((client) => client.stop()));
  const { answered, lost } = sumUp(counts);
  expect(lost).toEqual([]);
  expect(Object.keys(answered).toSorted()).toEqual(three.toSorted());
  await expect.poll(() => instances(url), { timeout: 20_000 }).toHaveLength(1);
}

/** How often each instance answered, and whatever else came. */
function sumUp(counts: readonly Readonly<Record<string, number>>[]) {
  const answered: Record<string, number> = {};
  const lost: string[] = [];
  for (const [key, count] of counts.flatMap(Object.entries<number>)) {
    if (!key.startsWith('{')) lost.push(`${count} times ${key}`);
    else {
      const { instance } = Who.parse(JSON.parse(key));
      answered[instance] = (answered[instance] ?? 0) + count;
    }
  }
  return { answered, lost };
}
