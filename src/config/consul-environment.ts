import { type Environment, type Given, truth } from './given.ts';

/**
 * What Consul's own variables say, as the `consul` command reads them (Consul's `api/api.go`). The token
 * is not among these: it is no setting.
 */
export function consulEnvironment(env: Environment): readonly Given[] {
  const plain = Object.entries(variables).flatMap(([from, key]): readonly Given[] => {
    const value = env[from] ?? '';
    return value === '' ? [] : [{ key, value, from }];
  });
  return [...address(env), ...plain, ...verify(env)];
}

const variables = {
  CONSUL_HTTP_TOKEN_FILE: 'consul.token_file',
  CONSUL_CACERT: 'consul.tls.ca_file',
  CONSUL_CLIENT_CERT: 'consul.tls.cert_file',
  CONSUL_CLIENT_KEY: 'consul.tls.key_file',
  CONSUL_TLS_SERVER_NAME: 'consul.tls.server_name',
};

/** The address may lack its scheme; CONSUL_HTTP_SSL asks for https, be there an address or not. */
function address(env: Environment): readonly Given[] {
  const given = env.CONSUL_HTTP_ADDR ?? '';
  const secure = truth(env.CONSUL_HTTP_SSL ?? '') === true;
  if (given === '' && !secure) return [];
  const [, scheme = 'http', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(given) ?? [];
  return [
    {
      key: 'consul.address',
      value: `${secure && scheme === 'http' ? 'https' : scheme}://${rest === '' ? '127.0.0.1:8500' : rest}`,
      from: given === '' ? 'CONSUL_HTTP_SSL' : 'CONSUL_HTTP_ADDR',
    },
  ];
}

function verify(env: Environment): readonly Given[] {
  const from = 'CONSUL_HTTP_SSL_VERIFY';
  const text = env[from] ?? '';
  return text === '' ? [] : [{ key: 'consul.tls.verify', value: truth(text) ?? text, from }];
}
