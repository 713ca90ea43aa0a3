import { join } from 'node:path';
import type { Drafted, Said } from './draft.ts';

/** What was done, what is left, and what comes next, for a person. `folder` is where all was written. */
export function reportOf(draft: Drafted, folder: string): string {
  const of = (kind: Said['kind']) => draft.said.filter((one) => one.kind === kind);
  const open = of('open');
  const yaml = join(folder, 'upsync.yaml');
  return [
    section('Wrote', [yaml, ...of('done').map(({ text, where }) => `${join(folder, text)}${from(where)}`)]),
    section('Not needed any more', of('left').map(line)),
    section(`To do by hand (${open.length})`, open.map(line)),
    `${numbered('Next', steps(draft, yaml, open.length))}\ndocs/consul-template.md says what differs on purpose.\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function steps({ files }: Drafted, yaml: string, open: number): readonly string[] {
  const hasTodo = files.some(({ text }) => text.includes('throw new Error('));
  return [
    ...(open === 0
      ? []
      : [
          `See to what is to do by hand.${hasTodo ? ' Until then upsync refuses the templates that hold a TODO.' : ''}`,
        ]),
    "Within http { … } of nginx.conf, once: include /etc/nginx/upsync/http/*.conf;   # upsync's own files",
    `upsync --config ${yaml} --once        # what would change, and whether nginx takes it`,
    'Stop consul-template for good, so that two do not write the same files: systemctl disable --now consul-template',
    `upsync --config ${yaml}               # and leave it running`,
  ];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((one) => `  ${one}\n`).join('')}`;
}

function numbered(title: string, lines: readonly string[]): string {
  return section(
    title,
    lines.map((one, index) => `${index + 1}. ${one}`),
  );
}

function line({ text, where }: Said): string {
  return where === undefined ? text : `${where}  ${text}`;
}

function from(where: string | undefined): string {
  return where === undefined ? '' : ` (from ${where})`;
}
