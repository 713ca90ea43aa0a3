import { quoted } from './js.ts';

/** What a text such as `tag.web?ns=a@dc2~_agent|passing,warning` asks for. */
export interface ServiceQuery {
  /** A piece of JavaScript: a quoted text, or what is computed. */
  readonly name: string;
  readonly tag?: string;
  readonly datacenter?: string;
  readonly near?: string;
  /** Empty for the instances that pass all checks. */
  readonly health: readonly string[];
  /** `ns`, `partition`, `peer`, `sameness-group`. */
  readonly further: ReadonlyMap<string, string>;
}

// As consul-template reads it (dependency/dependency.go, dependency/health_service.go).
const SERVICE =
  /^(?:(?<tag>[\w=:.-]+)\.)?(?<name>[\w-]+)(?:\?(?<query>[\w\-=&]+))?(?:@(?<datacenter>[\w.-]+))?(?:~(?<near>[\w.-]+))?(?:\|(?<health>[\w,]+))?$/;

/** Undefined where consul-template would refuse it. */
export function parseServiceQuery(text: string): ServiceQuery | undefined {
  const groups: Readonly<Record<string, string | undefined>> | undefined = SERVICE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { tag, name = '', query = '', datacenter, near, health = '' } = groups;
  return {
    name: quoted(name),
    ...(tag === undefined ? {} : { tag }),
    ...(datacenter === undefined ? {} : { datacenter }),
    ...(near === undefined ? {} : { near }),
    health: health.split(',').filter((one) => one !== ''),
    further: new Map(new URLSearchParams(query)),
  };
}

// As dependency/kv_get.go: a leading slash goes.
const KEY = /^\/?(?<path>[^@?]+)(?:\?(?<query>[\w\-=&]+))?(?:@(?<datacenter>[\w.-]+))?$/;

export interface KeyQuery {
  readonly path: string;
  readonly datacenter?: string;
  readonly further: ReadonlyMap<string, string>;
}

export function parseKeyQuery(text: string): KeyQuery | undefined {
  const groups: Readonly<Record<string, string | undefined>> | undefined = KEY.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { path = '', query = '', datacenter } = groups;
  return {
    path,
    ...(datacenter === undefined ? {} : { datacenter }),
    further: new Map(new URLSearchParams(query)),
  };
}
