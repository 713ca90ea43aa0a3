/** A container as Docker reports it, with what a registration is made of. */
export interface Container {
  readonly id: string;
  /** Without the slash that Docker puts before it. */
  readonly name: string;
  /** As it was given to `docker run`. */
  readonly image: string;
  /** Environment first, then labels: of two with one name, the later counts. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly state: 'running' | 'paused' | 'exited';
  readonly exitCode: number;
  /** By the engine's clock, in ms since the epoch. */
  readonly startedAt: number;
  /** The number of the signal that `docker stop` sends. */
  readonly stopSignal: number;
  /** What its HEALTHCHECK says; undefined where it has none. */
  readonly health: Health | undefined;
  /** It has the host's own network. */
  readonly hostNetwork: boolean;
  /** Exposed ones, published or not. */
  readonly ports: readonly Port[];
  /** Where it has an address, the network that it was started on first. */
  readonly networks: readonly { readonly name: string; readonly address: string }[];
}

export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  /** What the check said last. */
  readonly output: string;
}

export interface Port {
  /** Inside the container. */
  readonly number: number;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  /** Where the host listens for it; none where it is not published. */
  readonly bindings: readonly { readonly address: string; readonly port: number }[];
}

/** The machine that the engine runs on. */
export interface Host {
  /** The engine's own: it stays when the machine is renamed. */
  readonly id: string;
  readonly name: string;
}

export interface Inventory {
  readonly host: Host;
  readonly containers: readonly Container[];
}
