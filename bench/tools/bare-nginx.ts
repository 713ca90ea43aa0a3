import { rename, writeFile } from 'node:fs/promises';
import type { Backend } from '../bed/farm.ts';
import type { Gateway } from '../bed/gateway.ts';

/** No tool at all: the file is written and nginx signalled by the bench itself. What is left is nginx's own time. */
export async function applyByHand(
  { folder, bed }: Gateway,
  service: string,
  backends: readonly Backend[],
): Promise<void> {
  const path = `${folder}/upstreams.conf`;
  const servers = backends.map(({ address, port }) => `  server ${address}:${port};`);
  await writeFile(`${path}.new`, `upstream ${service} {\n${servers.join('\n')}\n}\n`);
  await rename(`${path}.new`, path);
  await bed.reload();
}
