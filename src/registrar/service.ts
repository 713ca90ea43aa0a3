import type { Check } from './check.ts';

/** One registration in the agent. */
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  /** With the marks of marks.ts. */
  readonly meta: Readonly<Record<string, string>>;
  readonly check: Check | undefined;
}

/** What the agent shall hold of a container's port. */
export interface Desired {
  readonly service: Service;
  /** Its container's id. */
  readonly container: string;
  /** Why it is to be in maintenance; undefined where it is not. */
  readonly maintenance: string | undefined;
}

/** What the agent holds, whoever registered it. */
export interface Registered extends Omit<Service, 'check'> {
  /** The one that a registration makes; others are none of ours. */
  readonly check: { readonly notes: string; readonly status: string } | undefined;
  /** The reason that was given; undefined where it is not in maintenance. */
  readonly maintenance: string | undefined;
}

/** A container, or a port of it, that is not registered though it might have been meant to be. */
export interface LeftOut {
  /** `<container>` or `<container>:<port>`. */
  readonly what: string;
  readonly reason: string;
}
