/** What is registered, and how. Times in ms. */
export interface RegistrarPlan {
  /** Where this host's published ports are reached; undefined for the agent's own address. */
  readonly ip: string | undefined;
  /** Register exposed ports at the containers' own addresses, not published ones at the host's. */
  readonly internal: boolean;
  /** The network whose addresses those are; undefined for the one that a container was started on. */
  readonly network: string | undefined;
  /** Only what is given a name by SERVICE_NAME or SERVICE_<port>_NAME. */
  readonly explicit: boolean;
  /** Added to every service's own. */
  readonly tags: readonly string[];
  /** How long a check that the registrar keeps fresh lasts without it; 0 for HEALTHCHECK's alone. */
  readonly ttl: number;
  /** Both sides are looked at anew at least this often. */
  readonly resync: number;
  /** Whether a container that failed takes its services along. */
  readonly deregister: 'always' | 'on-success';
  /** Remove as well what the original Registrator left on this host, which marked nothing. */
  readonly cleanup: boolean;
  /** The first part of each service's id; undefined for the engine's name of its host. */
  readonly hostname: string | undefined;
  /** Whose mark the services bear; undefined for the engine's id. */
  readonly owner: string | undefined;
}
