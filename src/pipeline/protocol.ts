import type { View } from './view.ts';

/** What travels through an upstream. */
export type Protocol = 'http' | 'tcp' | 'udp';

/** The block of nginx's that holds it: each has upstreams of its own, and other directives in them. */
export type Context = 'http' | 'stream';

function contextOf({ protocol }: { readonly protocol: Protocol }): Context {
  return protocol === 'http' ? 'http' : 'stream';
}

/** Whom a notice is about: what is not http answers in its own way where nobody can serve. */
export function subjectOf({
  name,
  protocol,
}: {
  readonly name: string;
  readonly protocol: Protocol;
}): Subject {
  return { upstream: name, ...(protocol === 'http' ? {} : { protocol }) };
}

export interface Subject {
  readonly upstream: string;
  readonly protocol?: Exclude<Protocol, 'http'>;
}

/** The view as far as one context goes. */
export function within(context: Context, view: View): View {
  return { ...view, upstreams: view.upstreams.filter((upstream) => contextOf(upstream) === context) };
}
