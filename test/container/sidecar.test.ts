import { beforeAll, expect, test } from 'vitest';
import { docker, logged } from './support/docker.ts';
import { type GatewayBed, startGatewayBed } from './support/gateway-bed.ts';
import { buildSidecar } from './support/sidecar-image.ts';

beforeAll(buildSidecar);

test('each instance that joins, from none to three, takes traffic through the gateway', async () => {
  await using bed = await startGatewayBed();
  expect(await bed.answers()).toEqual(['503']);
  const joined: string[] = [];
  for (let count = 1; count <= 3; count++) {
    joined.push(await bed.join());
    await answered(bed, joined);
  }
});

test('an instance that dies leaves the gateway', async () => {
  await using bed = await startGatewayBed();
  const [first, second] = [await bed.join(), await bed.join()];
  await answered(bed, [first, second]);
  await bed.kill(second);
  await answered(bed, [first]);
});

test.for<{ how: string; again: (bed: GatewayBed) => Promise<unknown> }>([
  { how: 'restarted', again: (bed) => docker('restart', '--time', '5', bed.gateway().getId()) },
  {
    how: 'killed and started',
    again: async (bed) => {
      await docker('kill', '--signal', 'KILL', bed.gateway().getId());
      await docker('start', bed.gateway().getId());
    },
  },
  { how: 're-created', again: (bed) => bed.recreateGateway() },
])('a gateway that was $how follows again', async ({ again }) => {
  await using bed = await startGatewayBed();
  const first = await bed.join();
  await answered(bed, [first]);
  await again(bed);
  await logged(bed.gateway().getId(), /start worker process/);
  await answered(bed, [first]);
  await answered(bed, [first, await bed.join()]);
});

test('what joined while the gateway was stopped takes traffic once it stands', async () => {
  await using bed = await startGatewayBed();
  const first = await bed.join();
  await answered(bed, [first]);
  await docker('stop', bed.gateway().getId());
  const second = await bed.join();
  await docker('start', bed.gateway().getId());
  await answered(bed, [first, second]);
});

test('a sidecar that was killed goes on where it was', async () => {
  await using bed = await startGatewayBed();
  const first = await bed.join();
  await answered(bed, [first]);
  await docker('kill', '--signal', 'KILL', bed.sidecar.getId());
  expect(await bed.answers()).toEqual([first]);
  await docker('start', bed.sidecar.getId());
  await answered(bed, [first, await bed.join()]);
});

test('the sidecar ends by itself when its container is stopped, and need not be killed', async () => {
  await using bed = await startGatewayBed();
  await logged(bed.sidecar.getId(), /started: upsync/);
  await docker('stop', '--time', '5', bed.sidecar.getId());
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', bed.sidecar.getId())).toBe('0');
});

test('upsync check in the sidecar finds nothing that fails, and the gateway to be of its own version', async () => {
  await using bed = await startGatewayBed();
  await answered(bed, [await bed.join()]);
  // It rejects where the check ends with 1.
  const said = await docker('exec', bed.sidecar.getId(), 'upsync', 'check');
  expect(said).toMatch(/^ok +nginx +nginx\/\S+ tests changes, and the same version runs$/m);
  expect(said).toMatch(/^ok +service +web1 {2}1 instance takes traffic$/m);
  expect(said).toMatch(/^ok +upsync +upsync \S+ works on the folder \(pid \d+\)$/m);
});

/** There is no event to await for what clients see but to be one. */
async function answered(bed: GatewayBed, names: readonly string[]): Promise<void> {
  await expect.poll(() => bed.answers().catch(String), { timeout: 20_000, interval: 50 }).toEqual(names);
}
