import { Document, isMap, isScalar, type YAMLMap } from 'yaml';
import type { Drafted } from './draft.ts';

/** In which order the sections stand. */
const ORDER = [
  'consul',
  'nginx',
  'output',
  'templates',
  'units',
  'upstreams',
  'defaults',
  'expose',
  'wait',
  'splay',
  'exec',
  'stop_timeout',
  'pid_file',
  'log',
];

/** The text of upsync.yaml. `from` names the files that it was made of. */
export function yamlOf({ root, comments }: Drafted, from: readonly string[]): string {
  const sorted = Object.keys(root).sort((a, b) => place(a) - place(b));
  const document = new Document(Object.fromEntries(sorted.map((key) => [key, root[key]])));
  document.commentBefore = ` Made by upsync migrate of ${from.join(', ')}.\n \`upsync schema\` prints what else can stand here.`;
  for (const [key, comment] of comments) commentOn(document, key.split('.'), comment);
  return document.toString({ lineWidth: 110, indentSeq: true, singleQuote: true });
}

function place(key: string): number {
  const at = ORDER.indexOf(key);
  return at === -1 ? ORDER.length : at;
}

/** Above the key, and not above its value, where it would stand on the line of the key. */
function commentOn(document: Document, path: readonly string[], comment: string): void {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!isMap(parent)) return;
  const pair = (parent as YAMLMap).items.find(({ key }) => isScalar(key) && key.value === last);
  if (isScalar(pair?.key)) pair.key.commentBefore = ` ${comment}`;
}
