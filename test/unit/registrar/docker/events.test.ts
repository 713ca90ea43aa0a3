import { expect, test } from 'vitest';
import { linesOf, toldBy } from '../../../../src/registrar/docker/events.ts';

/** As API 1.52 has it: without `status` and `id`. */
function line(Action: string, Attributes: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    Type: 'container',
    Action,
    Actor: { ID: 'c1', Attributes },
    timeNano: 1795594055405235200,
  });
}

test('a signal is told with its number, its container and its time', () => {
  expect(toldBy(line('kill', { signal: '15', name: 'web-1' }))).toEqual({
    event: { kind: 'signalled', container: 'c1', signal: 15, at: expect.closeTo(1795594055405.235, 1) },
    at: expect.closeTo(1795594055405.235, 1),
  });
});

test.each([line('start'), line('health_status: healthy'), line('kill'), '{"Type":"network"}', 'not JSON'])(
  'all else says that something changed, understood or not: %s',
  (text) => {
    expect(toldBy(text).event).toEqual({ kind: 'changed' });
  },
);

test('lines are put together however they come', async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\n\n{"b":1}\r\n{"rest"');
  const found: string[] = [];
  const chunks = async function* () {
    for (const byte of bytes) yield Uint8Array.of(byte);
  };
  for await (const one of linesOf(chunks())) found.push(one.trim());
  expect(found).toEqual(['{"a":"ä"}', '{"b":1}']);
});
