/** How changes reach nginx. */
export type Way =
  /** Files and HUP. `why` it is not the other one, where it was left to us to choose. */
  | { readonly kind: 'reload'; readonly why?: string }
  /** Workers follow the release by themselves. `isTold`: nginx can tell their balancer how requests end. */
  | { readonly kind: 'push'; readonly isTold: boolean };
