import { addressOf } from '../pipeline/instance.ts';
import type { TemplateServer, TemplateUpstream } from './it.ts';

/**
 * The `server` lines of an upstream, indented by four spaces. An upstream that is down points at the
 * proof server, which answers 503: servers marked `down` alone would make nginx answer 502.
 */
export function serverLines(upstream: TemplateUpstream, unavailable: string): string {
  if (upstream.origin === 'down') return `    server ${unavailable} max_fails=0;`;
  return upstream.servers.map((server) => `    ${serverLine(server, upstream)};`).join('\n');
}

/** nginx's defaults are left out: shorter lines parse faster and read better. */
function serverLine(server: TemplateServer, { maxFails, failTimeout }: TemplateUpstream): string {
  return [
    `server ${addressOf(server)}`,
    server.weight === 1 ? '' : `weight=${server.weight}`,
    maxFails === 1 ? '' : `max_fails=${maxFails}`,
    failTimeout === 10 ? '' : `fail_timeout=${failTimeout}s`,
    server.state === 'down' ? 'down' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
