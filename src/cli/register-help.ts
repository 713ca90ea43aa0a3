/** What `upsync register --help` says before and after its options. */
export const registerDescription = `Registers this host's containers in the local Consul agent, and takes them out again: before they
stop, where they say so. It follows Registrator's conventions: what was labelled for that needs no change.`;

export const groups = {
  own: 'Options:',
  once: 'Once (writes nothing):',
  shared: 'Consul and the log:',
};

export const registerEpilogue = `
What a container says of itself, in its environment or by label, which goes before that;
SERVICE_<port>_… for one port, by its number inside, which goes before SERVICE_… for all:
  SERVICE_NAME=web          the service; else the image's name, and with several ports -<port>
  SERVICE_TAGS=a,b          its tags
  SERVICE_ID=web-1          its id; else HOST:CONTAINER:PORT
  SERVICE_IGNORE=true       leave it out
  SERVICE_CHECK_HTTP=/path  how Consul checks it; or …_HTTPS=/path, …_TCP=true, …_GRPC=true,
                            …_TTL=30s (kept fresh by the application). Without one of these,
                            Docker's HEALTHCHECK, if there is one, becomes a TTL check
  SERVICE_CHECK_…           INTERVAL (10s), TIMEOUT, HTTP_METHOD, GRPC_USE_TLS, TLS_SKIP_VERIFY,
                            INITIAL_STATUS, DEREGISTER_AFTER
  SERVICE_REGION=eu         anything else is meta of the service: region

Where a value comes from (TIME is such as 10s or 5m):
  the flag, then the environment (--ip is UPSYNC_REGISTER_IP, --consul is UPSYNC_CONSUL),
  then DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, and Consul's own variables
  (CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_CACERT …), then the default.

Examples:
  upsync register --once --ip 10.0.0.5      what would be registered?
  upsync register --ip 10.0.0.5             published ports, at this host's address
  upsync register --internal --network app  the containers' own addresses in one network

Exit codes: 0 done, 1 failed
`;
