/** What `--help` says before and after the lists that commander makes. */
export const description = `Keeps nginx's upstreams in step with Consul: a node that joins takes traffic, one that dies leaves.
Every change is tested in nginx's own configuration first, and proven after the reload.`;

export const groups = {
  common: 'Options:',
  once: 'Once (a dry run that leaves nothing behind):',
  further: 'Further options (TIME is such as 100ms, 5s, 5m or 1h):',
};

export const epilogue = `
Where a value comes from:
  the flag, then the environment (--nginx-conf is UPSYNC_NGINX_CONF, --service is
  UPSYNC_SERVICES, separated by commas), then the --config file, then Consul's own
  variables (CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_CACERT …), then the default.
  The ACL token has no flag: CONSUL_HTTP_TOKEN or --consul-token-file give it.

Examples:
  upsync check --service web1          is all in place? what is to be done?
  upsync --service web1 --once         what would change, and would nginx take it?
  upsync --service web1 --service api=service_api
                                       follow two services; reload nginx as they change
  upsync --config upsync.yaml --once --apply
                                       publish once and exit, as consul-template -once

Exit codes: 0 done, 1 failed or rejected, 2 would change (with --exit-code)
`;
