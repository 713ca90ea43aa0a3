import type { FunctionRow } from './function.ts';
import { consulFunctions } from './functions-consul.ts';
import { logicFunctions } from './functions-logic.ts';
import { textFunctions } from './functions-text.ts';

const otherFunctions: readonly FunctionRow[] = [
  {
    names: ['scratch'],
    write: 'a variable of JavaScript: `<% let count = 0; %>` before the loop, `<% count += 1; %>` in it',
  },
  {
    names: ['executeTemplate'],
    write: "a template of its own, `_part.eta`, and `<%~ include('_part', { ...it, port: 80 }) %>`",
  },
  {
    names: ['timestamp'],
    write: 'nothing: a file that changes by itself would be a reload at each look',
    isDropped: true,
  },
  { names: ['file'], write: 'the text itself, or `include` it as a template' },
  {
    names: ['plugin', 'writeToFile'],
    write: 'nothing: a template runs no programs and writes no files; a template for each file',
  },
  { names: ['sockaddr'], write: "the address, by `it.env('ADDRESS')`" },
  { names: ['sha256Hex', 'md5sum', 'hmacSHA256Hex'], write: 'the digest, from a key' },
  {
    names: ['spew_dump', 'spew_printf', 'spew_sdump', 'spew_sprintf'],
    write: 'nothing: `upsync --once` shows the files',
    isDropped: true,
  },
  {
    names: ['secret', 'secrets', 'pkiCert'],
    write: 'nothing: Vault is out of scope; let its agent write the file, and name it in nginx.conf',
  },
  {
    names: ['connect', 'caRoots', 'caLeaf'],
    write: "nothing: Connect's certificates are out of scope",
  },
  {
    names: [
      'nomadServices',
      'nomadService',
      'nomadVarList',
      'nomadVarListSafe',
      'nomadVar',
      'nomadVarExists',
    ],
    write: 'nothing: Nomad is out of scope; let Nomad register in Consul',
  },
  { names: ['call', 'println'], write: 'JavaScript' },
  { names: ['sprig_…'], write: 'JavaScript' },
];

/** Every function of consul-template 0.42, in the order of docs/consul-template.md. */
export const functions: readonly FunctionRow[] = [
  ...consulFunctions,
  ...logicFunctions,
  ...textFunctions,
  ...otherFunctions,
];

const byName = new Map(functions.flatMap((row) => row.names.map((name) => [name, row] as const)));

export function functionNamed(name: string): FunctionRow | undefined {
  return byName.get(name.startsWith('sprig_') ? 'sprig_…' : name);
}
