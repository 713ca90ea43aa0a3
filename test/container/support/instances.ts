import { z } from 'zod';
import { ask } from '../../support/gateway.ts';

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

/** How often each instance answered, and whatever else came. */
export function sumUp(counts: readonly Readonly<Record<string, number>>[]) {
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
