import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { Document } from './document.ts';

/** Beside src/ and dist/ alike: the page is served as it is written. */
const folder = resolve(import.meta.dirname, '../../page');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

const parts = [
  'page.css',
  'main.js',
  'chart.js',
  'dom.js',
  'feed.js',
  'group.js',
  'head.js',
  'model.js',
  'news.js',
  'releases.js',
  'rows.js',
  'upstreams.js',
  'words.js',
];

/**
 * Files for browsers, by path. Styles and scripts have to be files of their own: the policy allows none
 * inline. They are read once, so that all are of this version, whatever is installed meanwhile.
 */
export function pageDocuments(): Readonly<Record<string, Document>> {
  return {
    '/': read('index.html'),
    ...Object.fromEntries(parts.map((name) => [`/page/${name}`, read(name)])),
  };
}

function read(name: string): Document {
  return { type: types[extname(name)] ?? 'text/plain', body: readFileSync(resolve(folder, name)) };
}
