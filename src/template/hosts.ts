import type { Route } from '../pipeline/view.ts';

/** The routes of one host. */
export interface TemplateHost {
  /** For `server_name`, to be written raw: `<%~ host.serverName %>`. */
  readonly serverName: string;
  /** A host name, or `*.` and one; empty for all that have no server of their own. */
  readonly host: string;
  /** Sorted by path. */
  readonly routes: readonly Route[];
}

/** nginx keeps names of servers in a hash whose buckets hold 46 characters, unless it is told otherwise (1.22, measured). */
const longest = 40;

/**
 * By host, in the order in which nginx is to read their servers: first that for hosts which no route names, which is there
 * always. A long name is written as a regular expression, which needs no hash; and then all with `*.` are, since nginx
 * would look for those first. Of expressions it takes the first that fits: so whole names stand before those with `*.`, and
 * of these the longest first.
 */
export function hostsOf(routes: readonly Route[]): readonly TemplateHost[] {
  const byHost = Map.groupBy(routes, ({ host }) => host);
  const names = [...byHost.keys()].filter((host) => host !== '');
  const [wild, whole] = [names.filter(isWild), names.filter((host) => !isWild(host))];
  const inExpressions = names.some(isLong);
  const serverName = (host: string) =>
    isLong(host) || (inExpressions && isWild(host)) ? expression(host) : host || '_';
  return Object.freeze(
    ['', ...whole.toSorted(), ...wild.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))].map(
      (host) =>
        Object.freeze({ host, serverName: serverName(host), routes: Object.freeze(byHost.get(host) ?? []) }),
    ),
  );
}

function isWild(host: string): boolean {
  return host.startsWith('*.');
}

function isLong(host: string): boolean {
  return host.length > longest;
}

/** Of letters, digits, `-` and `.` nothing but the dot means more in an expression. */
function expression(host: string): string {
  const literal = host.replace(/^\*\./, '').replaceAll('.', String.raw`\.`);
  return isWild(host) ? String.raw`~^.+\.${literal}$` : `~^${literal}$`;
}
