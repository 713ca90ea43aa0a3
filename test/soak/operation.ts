import type { Service } from './services.ts';

export type Health = 'passing' | 'warning' | 'critical';

export interface Weights {
  readonly passing: number;
  /** 0 takes no traffic while the check warns. */
  readonly warning: number;
}

/** One instance as it is registered. */
export interface Instance {
  readonly service: Service;
  readonly health: Health;
  readonly weights: Weights;
  readonly maintenance: boolean;
}

/** One thing that the soak does. Backends are told by their number. */
export type Operation =
  | {
      readonly kind: 'join';
      readonly backend: number;
      readonly service: Service;
      readonly health: Health;
      readonly weights: Weights;
    }
  | { readonly kind: 'leave'; readonly backend: number }
  | { readonly kind: 'health'; readonly backend: number; readonly health: Health }
  | { readonly kind: 'weight'; readonly backend: number; readonly weights: Weights }
  | { readonly kind: 'maintenance'; readonly backend: number; readonly on: boolean }
  | { readonly kind: 'node maintenance'; readonly on: boolean }
  /** It neither listens nor answers what it has heard; its check turns critical. */
  | { readonly kind: 'crash'; readonly backend: number }
  /** It listens again; its check stays as it is. */
  | { readonly kind: 'revive'; readonly backend: number }
  /** Consul goes away for so long; with `again`, it comes back empty, and they register anew in this order. */
  | {
      readonly kind: 'restart Consul' | 'empty Consul';
      readonly signal: Signal;
      readonly downFor: number;
      readonly again: readonly number[];
    }
  | { readonly kind: 'reload nginx' }
  | { readonly kind: 'end nginx'; readonly signal: Signal }
  | { readonly kind: 'start nginx' }
  | { readonly kind: 'end upsync'; readonly signal: Signal }
  | { readonly kind: 'start upsync' }
  /** SIGHUP: it reads its configuration anew. */
  | { readonly kind: 'reconfigure upsync' }
  | { readonly kind: 'pause'; readonly ms: number };

export type Signal = 'SIGTERM' | 'SIGKILL';

/** `join b3 web-keep warning 2:1`, for a person who looks for what went wrong. */
export function inWords(operation: Operation): string {
  const { kind } = operation;
  const of = 'backend' in operation ? `${kind} b${operation.backend}` : kind;
  switch (kind) {
    case 'join': {
      const { service, health, weights } = operation;
      return `${of} ${service} ${health} ${weights.passing}:${weights.warning}`;
    }
    case 'health':
      return `${of} ${operation.health}`;
    case 'weight':
      return `${of} ${operation.weights.passing}:${operation.weights.warning}`;
    case 'maintenance':
    case 'node maintenance':
      return `${of} ${operation.on ? 'on' : 'off'}`;
    case 'restart Consul':
    case 'empty Consul': {
      const again = operation.again.map((backend) => `b${backend}`).join(' ');
      return `${of} ${operation.signal}, down for ${operation.downFor} ms${again === '' ? '' : `, again ${again}`}`;
    }
    case 'end nginx':
    case 'end upsync':
      return `${of} ${operation.signal}`;
    case 'pause':
      return `${of} ${operation.ms} ms`;
    default:
      return of;
  }
}
