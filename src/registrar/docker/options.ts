/** How to reach the engine. */
export type DockerOptions =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** The folder of `ca.pem`, `cert.pem` and `key.pem`; undefined without TLS. */
      readonly certificates: string | undefined;
    };

/** What a request may take, in ms. */
export const deadline = 10_000;
