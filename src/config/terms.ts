import type { Terms } from '../pipeline/event.ts';
import type { FleetPlan } from '../pipeline/plan.ts';
import type { Config } from './config.ts';

/**
 * What those who present events may know of the configuration. Each setting is named here, so that a
 * secret cannot come along: of the token it is told whether there is one, and of its file nothing, since a
 * token may have been given where its path was asked for. Of the command of `exec` it is the program alone. `way` is how changes reach nginx.
 */
export function termsOf(
  { consul, nginx, output, templates, gateway, process, plan, listen, log }: Config,
  way: Terms['via'],
): Terms {
  const { fleet, guard, wait, startTimeout, maxDraining } = plan;
  return {
    maxStale: consul.maxStale,
    proofTimeout: nginx.proofTimeout,
    via: way,
    settings: {
      'consul.address': consul.address,
      'consul.token': consul.hasToken ? 'given' : 'none',
      'consul.datacenter': consul.datacenter,
      'consul.stale': consul.stale,
      'consul.block': time(consul.block),
      'consul.timeout': time(consul.timeout),
      'consul.max_stale': time(consul.maxStale),
      'consul.max_connections': consul.maxConnections,
      'consul.tls.verify': consul.tls.verify,
      'nginx.conf': nginx.conf,
      'nginx.binary': nginx.binary,
      'nginx.pid': nginx.pid,
      'nginx.via': nginx.via === way ? way : `${nginx.via}: ${way}`,
      'nginx.signal': nginx.signal,
      'nginx.proof': nginx.proof,
      'nginx.proof_timeout': time(nginx.proofTimeout),
      'nginx.max_draining': maxDraining,
      output,
      templates: templates.kind === 'folder' ? templates.folder : templates.kind,
      ...(plan.discover === undefined
        ? {}
        : {
            'discover.tag': plan.discover.tag,
            'discover.filter': plan.discover.settings.filter ?? '',
            'discover.max': plan.discover.max,
          }),
      'gateway.listen': gateway ?? 'off',
      'wait.min': time(wait.min),
      'wait.max': time(wait.max),
      splay: time(wait.splay ?? 0),
      ...fleetTerms(fleet),
      start_timeout: time(startTimeout),
      'guard.max_drop': `${Math.round(guard.maxDrop * 100)}%`,
      'guard.at_least': guard.atLeast,
      'guard.grace': time(guard.grace),
      exec: process.exec[0] ?? 'off',
      stop_timeout: time(process.stopTimeout),
      pid_file: process.pidFile ?? 'none',
      listen: listen.place === undefined ? 'off' : spell(listen.place),
      listen_hosts: listen.hosts.join(','),
      'log.level': log.level,
      'log.format': log.format,
    },
  };
}

function fleetTerms(fleet: FleetPlan | undefined): Terms['settings'] {
  if (fleet === undefined) return {};
  return {
    'fleet.name': fleet.name,
    'fleet.reloads': fleet.reloads,
    'fleet.patience': time(fleet.patience),
    'fleet.prefix': fleet.prefix,
    'fleet.ttl': time(fleet.ttl),
  };
}

function spell({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function time(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
