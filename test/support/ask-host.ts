import { get } from 'node:http';

/** One GET for this host, over a connection of its own: `status body`. */
export function askHost(url: string, host: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { host }, signal: AbortSignal.timeout(5_000) };
    const request = get(new URL(path, url), options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response
        .on('error', reject)
        .on('end', () => resolve(`${response.statusCode} ${response.statusCode === 200 ? body : ''}`.trim()));
    });
    request.on('error', reject);
  });
}
