// What consul-template 0.42.1 has.

/** From `consul-template -h`. */
export const flags = `
  -config -consul-addr -consul-auth -consul-retry -consul-retry-attempts -consul-retry-backoff -consul-retry-max-backoff -consul-ssl
  -consul-ssl-ca-cert -consul-ssl-ca-path -consul-ssl-cert -consul-ssl-key -consul-ssl-server-name -consul-ssl-verify -consul-token -consul-token-file
  -consul-transport-dial-keep-alive -consul-transport-dial-timeout -consul-transport-disable-keep-alives -consul-transport-max-idle-conns-per-host -consul-transport-tls-handshake-timeout -dedup -default-left-delimiter -default-right-delimiter
  -dry -exec -exec-kill-signal -exec-kill-timeout -exec-reload-signal -exec-splay -exec-env-pristine -exec-env-custom
  -exec-env-allowlist -exec-env-denylist -kill-signal -log-level -max-stale -once -parse-only -pid-file
  -reload-signal -retry -syslog -syslog-facility -syslog-name -template -template-error-fatal -vault-addr
  -vault-renew-token -vault-retry -vault-retry-attempts -vault-retry-backoff -vault-retry-max-backoff -vault-ssl -vault-ssl-ca-cert -vault-ssl-ca-path
  -vault-ssl-cert -vault-ssl-key -vault-ssl-server-name -vault-ssl-verify -vault-token -vault-agent-token-file -vault-transport-dial-keep-alive -vault-transport-dial-timeout
  -vault-transport-disable-keep-alives -vault-transport-max-idle-conns-per-host -vault-transport-max-conns-per-host -vault-transport-tls-handshake-timeout -vault-unwrap-token -vault-default-lease-duration -wait -v
  -version
`
  .trim()
  .split(/\s+/);

/** From the `mapstructure` tags in its config/; of Vault and Nomad one each. */
export const keys = `
  consul.address consul.namespace consul.auth.enabled consul.auth.username consul.auth.password consul.retry.attempts consul.retry.backoff consul.retry.max_backoff
  consul.retry.enabled consul.ssl.ca_cert consul.ssl.ca_cert_bytes consul.ssl.ca_path consul.ssl.cert consul.ssl.enabled consul.ssl.key consul.ssl.server_name
  consul.ssl.verify consul.token consul.token_file consul.transport.dial_keep_alive consul.transport.dial_timeout consul.transport.disable_keep_alives consul.transport.idle_conn_timeout consul.transport.max_idle_conns
  consul.transport.max_idle_conns_per_host consul.transport.max_conns_per_host consul.transport.tls_handshake_timeout deduplicate.enabled deduplicate.max_stale deduplicate.prefix deduplicate.ttl deduplicate.block_query_wait
  default_delimiters.left default_delimiters.right exec.command exec.enabled exec.kill_signal exec.kill_timeout exec.reload_signal exec.splay
  exec.timeout exec.env.denylist exec.env.blacklist exec.env.custom exec.env.pristine exec.env.allowlist exec.env.whitelist kill_signal
  log_level log_file.path log_file.log_rotate_bytes log_file.log_rotate_duration log_file.log_rotate_max_files max_stale pid_file reload_signal
  syslog.enabled syslog.facility syslog.name template_error_fatal wait wait.bool wait.min wait.max
  block_query_wait err_on_failed_lookup vault.address nomad.address template.backup template.command template.command_timeout template.contents
  template.create_dest_dirs template.destination template.error_on_missing_key template.error_fatal template.exec.command template.exec.enabled template.exec.kill_signal template.exec.kill_timeout
  template.exec.reload_signal template.exec.splay template.exec.timeout template.exec.env.denylist template.exec.env.blacklist template.exec.env.custom template.exec.env.pristine template.exec.env.allowlist
  template.exec.env.whitelist template.perms template.user template.uid template.group template.gid template.source template.wait
  template.wait.bool template.wait.min template.wait.max template.left_delimiter template.right_delimiter template.function_denylist template.function_blacklist template.sandbox_path
`
  .trim()
  .split(/\s+/);

/** From funcMap in its template/template.go. */
export const functionNames = `
  datacenters exportedServices importedServices file key keyExists keyOrDefault ls
  safeLs node nodes partitions peerings secret secrets service
  connect services tree safeTree caRoots caLeaf pkiCert nomadServices
  nomadService nomadVarList nomadVarListSafe nomadVar nomadVarExists scratch base64Decode base64Encode
  base64URLDecode base64URLEncode byKey byPort byTag contains containsAll containsAny
  containsNone containsNotAll env mustEnv envOrDefault executeTemplate explode explodeMap
  mergeMap mergeMapWithOverride in indent loop join trim trimPrefix
  trimSuffix trimSpace parseBool parseFloat parseInt parseJSON parseUint parseYAML
  plugin regexReplaceAll regexMatch replaceAll sha256Hex md5sum hmacSHA256Hex timestamp
  toLower toJSON toJSONPretty toUnescapedJSON toUnescapedJSONPretty toTitle toTOML toUpper
  toYAML split splitToMap byMeta sockaddr writeToFile add subtract
  multiply divide modulo minimum maximum spew_dump spew_printf spew_sdump
  spew_sprintf
`
  .trim()
  .split(/\s+/);
