import { consulSettings } from './consul-settings.ts';
import { discoverSettings } from './discover-settings.ts';
import { fleetSettings } from './fleet-settings.ts';
import { nginxSettings } from './nginx-settings.ts';
import { processSettings } from './process-settings.ts';
import type { Setting } from './setting.ts';
import { upstreamSettings } from './upstream-settings.ts';

/** What the defaults are good for: listed last in `--help`. */
export const furtherSettings = {
  ...consulSettings,
  ...nginxSettings,
  ...upstreamSettings,
  ...discoverSettings,
  ...processSettings,
  'addresses.hostnames': {
    flag: '--allow-hostnames',
    value: 'true|false',
    help: 'take instances that registered a host name, by the addresses that it resolves to',
    fallback: false,
  },
  listen_hosts: {
    flag: '--listen-hosts',
    value: 'NAMES',
    help: 'further host names, separated by commas, that status may be asked for by',
    fallback: '',
  },
  splay: {
    flag: '--splay',
    value: 'TIME',
    help: 'wait a random time before each change, at most this, so that not all of a fleet reload at once',
    fallback: '0s',
  },
  ...fleetSettings,
  start_timeout: {
    flag: '--start-timeout',
    value: 'TIME',
    help: 'how long the first change waits for services that have not answered',
    fallback: '30s',
  },
  'guard.max_drop': {
    flag: '--guard-max-drop',
    value: 'SHARE',
    help: "a step that takes away this share of an upstream's servers or more is held, 50% or 0.5",
    fallback: '50%',
  },
  'guard.at_least': {
    flag: '--guard-at-least',
    value: 'N',
    help: 'a step that takes away fewer servers than this is never held',
    fallback: 4,
  },
  'guard.grace': {
    flag: '--guard-grace',
    value: 'TIME',
    help: 'how long such a step is held',
    fallback: '30s',
  },
} as const satisfies Readonly<Record<string, Setting>>;
