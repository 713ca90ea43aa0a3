import type { Problem } from '../pipeline/problem.ts';
import type { Environment } from './given.ts';
import { upstreamName } from './names.ts';

/** A service that a flag or the environment asks for, and the upstream that follows it. */
export interface Asked {
  readonly upstream: string;
  readonly service: string;
  readonly from: string;
}

/** Reads each `[UPSTREAM=]NAME` of `--service` and of the comma-separated UPSYNC_SERVICES; both count. */
export function askedServices(
  flags: readonly string[],
  env: Environment,
): { readonly asked: readonly Asked[]; readonly problems: readonly Problem[] } {
  const listed = (env.UPSYNC_SERVICES ?? '').split(',').map((text) => text.trim());
  const all = [
    ...flags.map((text) => read(text, '--service')),
    ...listed.filter((text) => text !== '').map((text) => read(text, 'UPSYNC_SERVICES')),
  ];
  return {
    asked: all.flatMap((one) => ('what' in one ? [] : [one])),
    problems: all.flatMap((one) => ('what' in one ? [one] : [])),
  };
}

function read(text: string, from: string): Asked | Problem {
  const cut = text.indexOf('=');
  const service = text.slice(cut + 1);
  const upstream = cut === -1 ? text : text.slice(0, cut);
  if (service === '') return { what: 'names no service', where: from, remedy: 'write NAME or UPSTREAM=NAME' };
  const name = upstreamName.safeParse(upstream);
  if (name.success) return { upstream, service, from };
  const [what = '', rule = ''] = (name.error.issues[0]?.message ?? '').split('; ');
  const remedy = cut === -1 ? `write UPSTREAM=${text}; for UPSTREAM ${rule}` : rule;
  return { what: `${JSON.stringify(upstream)} is ${what}`, where: from, remedy };
}
