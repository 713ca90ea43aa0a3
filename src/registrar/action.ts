import type { Report } from './check.ts';
import type { Registered, Service } from './service.ts';

/** One write to the agent. */
export type Action =
  | { readonly kind: 'register'; readonly service: Service; readonly before: Registered | undefined }
  | { readonly kind: 'deregister'; readonly service: Registered }
  | { readonly kind: 'maintain'; readonly service: Registered; readonly reason: string }
  | { readonly kind: 'endMaintenance'; readonly service: Registered }
  /** Removes the check that an earlier registration made, and the present one does not. */
  | { readonly kind: 'dropCheck'; readonly service: Registered }
  /** Keeps a check fresh; `before` is what it said until now. */
  | {
      readonly kind: 'report';
      readonly service: Registered;
      readonly report: Report;
      readonly before: string;
    };
