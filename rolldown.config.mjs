// What `npm pack` and the image hold: upsync and what it is built on, as a few readable files in place of the
// hundreds that Node would look for, read and keep at each start.
import { existsSync, globSync, readFileSync } from 'node:fs';

export default {
  input: 'src/main.ts',
  platform: 'node',
  // What it needs for ssh has a part in C++ that is there or not: only an installation can tell.
  external: ['dockerode'],
  output: {
    dir: 'dist',
    cleanDir: true,
    // The page and the templates are found from as deep as they are from src/.
    chunkFileNames: 'parts/[name].js',
    // Node keeps the text of what it loaded, comments and all. Names and lines stay, for stacks.
    comments: { legal: true, jsdoc: false, annotation: false },
  },
  plugins: [
    { name: 'ascii', generateBundle: inAscii },
    { name: 'licences', generateBundle: withLicences },
  ],
};

/** One character that is not ASCII makes V8 hold a file's whole text at twice the size. Escaped, it means the same. */
function inAscii(_, bundle) {
  for (const part of Object.values(bundle)) if (part.type === 'chunk') part.code = ascii(part.code);
}

function ascii(code) {
  const [misread] = /\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f]/u.exec(code) ?? [];
  if (misread !== undefined) throw new Error(`escaped, this would mean something else: ${misread}`);
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Those whose work is in it ask that their licence goes with it. */
function withLicences(_, bundle) {
  const modules = Object.values(bundle).flatMap((part) =>
    part.type === 'chunk' ? Object.keys(part.modules) : [],
  );
  const packages = new Set(
    modules.flatMap((path) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const texts = [...packages].sort().map(licenceOf);
  this.emitFile({ type: 'asset', fileName: 'LICENCES.txt', source: texts.join(`\n${'-'.repeat(80)}\n\n`) });
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const [file] = globSync(`${folder}/{LICEN[SC]E,licen[sc]e}*`);
  const text = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : `${license}\n`;
  return `${name} ${version}\n\n${text}`;
}
