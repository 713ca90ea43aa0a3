import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Query, queryKey } from '../../../src/pipeline/query.ts';
import type { Answer, Snapshot } from '../../../src/pipeline/snapshot.ts';
import { keepingKeys } from '../../../src/template/kept-keys.ts';
import { createTemplates } from '../../../src/template/templates.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-templates-'));
  writeFileSync(
    join(folder, 'a.conf.eta'),
    "set $word <%= it.key('app/word') %>;\n<%~ it.servers(it.upstreams[0]) %>",
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const query = { kind: 'key', path: 'app/word', datacenter: '' } as const satisfies Query;

function told(value: string | undefined, index: number): Snapshot {
  const answer: Answer = { query, value, index: String(index), since: 0 };
  return new Map([[queryKey(query), answer]]);
}

function templates() {
  let now = 1_000_000;
  const clock = { now: () => now, sleep: async () => undefined };
  const kept = keepingKeys(createTemplates({ kind: 'folder', folder }, templatesContext({ clock })), clock);
  const made = (servers: number, keys: Snapshot) => {
    const rendered = kept.render(
      view(upstream(Array.from({ length: servers }, (_, at) => server(at + 1)))),
      keys,
    );
    return rendered.kind === 'files' ? (rendered.files[0]?.contents ?? '') : rendered.kind;
  };
  return {
    kept,
    made,
    goBy(ms: number) {
      now += ms;
    },
  };
}

const servers = (text: string) => text.match(/server /g)?.length;

test('a key that goes, or cannot be written, leaves the text that nginx took last beside the newest servers', () => {
  const { kept, made } = templates();
  expect(made(1, told('fine', 1))).toContain('set $word fine;');
  kept.judge(undefined);
  for (const [value, why] of [
    [undefined, 'waiting for key app/word'],
    ['costs $5', expect.stringContaining('the text of key app/word')],
  ] as const) {
    const text = made(3, told(value, 2));
    expect(text).toContain('set $word fine;');
    expect(servers(text)).toBe(3);
    expect(kept.aside()).toMatchObject({ of: 'keys', problem: { what: why } });
    kept.judge(undefined);
  }
  expect(made(1, told('better', 3))).toContain('set $word better;');
  expect(kept.aside()).toBeUndefined();
});

test('before nginx took any text there is none to go on with', () => {
  const { kept, made } = templates();
  expect(made(1, told(undefined, 1))).toBe('waiting');
  kept.judge({ what: 'unknown directive' });
  expect(made(1, told('$', 2))).toBe('problem');
});

test('a text that nginx refuses is tried again when it changes, or later: the refusal may have been for another reason', () => {
  const { kept, made, goBy } = templates();
  made(1, told('fine', 1));
  kept.judge(undefined);
  made(1, told('odd', 2));
  expect(kept.judge({ what: 'invalid value' })).toBe(true);
  // Its index moved on, and nothing else.
  expect(made(2, told('odd', 3))).toContain('set $word fine;');
  expect(kept.aside()).toEqual({ of: 'keys', problem: { what: 'invalid value' }, until: 1_004_000 });
  goBy(4_000);
  expect(made(2, told('odd', 3))).toContain('set $word odd;');
  expect(kept.judge({ what: 'invalid value' })).toBe(true);
  made(2, told('odd', 3));
  expect(kept.aside()).toMatchObject({ until: 1_012_000 });
  expect(made(2, told('other', 4))).toContain('set $word other;');
  kept.judge(undefined);
  expect(kept.aside()).toBeUndefined();
});

test('a refusal that is not for a key leaves the keys as they are', () => {
  const { kept, made } = templates();
  made(1, told('fine', 1));
  kept.judge(undefined);
  made(2, told('fine', 2));
  expect(kept.judge({ what: 'no certificate' })).toBe(false);
  expect(made(2, told('fine', 2))).toContain('set $word fine;');
  expect(kept.aside()).toBeUndefined();
});
