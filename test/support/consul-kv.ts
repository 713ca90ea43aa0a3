import type { Consul } from '../bed/consul.ts';

/** The value is sent as it stands, unlike what `request` sends. */
export async function putKey(consul: Consul, path: string, value: string): Promise<void> {
  await send(consul, path, { method: 'PUT', body: value });
}

export async function deleteKey(consul: Consul, path: string): Promise<void> {
  await send(consul, path, { method: 'DELETE' });
}

async function send({ url, token }: Consul, path: string, init: RequestInit): Promise<void> {
  const name = path.split('/').map(encodeURIComponent).join('/');
  const headers = token === undefined ? {} : { 'x-consul-token': token };
  const response = await fetch(`${url}/v1/kv/${name}`, {
    ...init,
    headers,
    signal: AbortSignal.timeout(5_000),
  });
  const text = (await response.text()).trim();
  if (text !== 'true') throw new Error(`${init.method} ${path}: ${response.status} ${text}`);
}
