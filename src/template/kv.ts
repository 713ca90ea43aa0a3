import { type KeyQuery, titleOf } from '../pipeline/query.ts';
import type { AnswerTo } from '../pipeline/snapshot.ts';
import type { Asking, Registry } from './asking.ts';
import type { KvData, TemplateKey } from './it.ts';
import { expectOptions, keyPath, scopeOf, type Where, whereOptions } from './options.ts';
import { isPlain } from './quote.ts';

/** The part of `it` that is about keys. */
export function kvData(asking: Asking, { datacenter }: Pick<Registry, 'datacenter'>): KvData {
  const look = (of: string, path: string, where: Where) => {
    expectOptions(of, where, whereOptions);
    const query: KeyQuery = { kind: 'key', path: keyPath(of, path), ...scopeOf(where, datacenter) };
    return { query, answer: asking.ask('key', query) };
  };
  const textOf = ({ query, value }: AnswerTo<'key'>) =>
    value === undefined ? undefined : asking.text(value, titleOf(query));
  return {
    key(path, where = {}) {
      const { query, answer } = look('it.key', path, where);
      const text = answer && textOf(answer);
      if (text === undefined) asking.lack(query);
      return text ?? '';
    },
    keyOr(path, fallback, where = {}) {
      const { answer } = look('it.keyOr', path, where);
      return (answer && textOf(answer)) ?? fallback;
    },
    tree(prefix, where = {}) {
      expectOptions('it.tree', where, whereOptions);
      const path = keyPath('it.tree', prefix);
      const folder = path.endsWith('/') ? path : `${path}/`;
      const query = { kind: 'tree', prefix: folder, ...scopeOf(where, datacenter) } as const;
      const entries = asking.ask('tree', query)?.value ?? [];
      return Object.freeze(
        entries.map(({ path, value }): TemplateKey => {
          const whose = `key ${path}`;
          // A name is no secret.
          const named = (text: string) => (isPlain(text) ? text : asking.text(text, `the name of ${whose}`));
          return Object.freeze({
            path: named(path),
            key: named(path.slice(folder.length)),
            value: asking.text(value, whose),
          });
        }),
      );
    },
  };
}
