import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** An instance in Consul's catalog, on a node that has no agent. */
export interface Entry {
  readonly service: string;
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly port: number;
}

/**
 * The bench's own way to Consul: over connections that are kept, and from an address of its own, since an agent's limit
 * of connections is one for each address that asks.
 */
export class Registry implements Disposable {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8, localAddress: '127.0.0.9' });

  /** `url`: `http://127.0.0.1:PORT`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Through the agent, as its services are. Resolves with when the request was sent. */
  async join(service: string, { name, address, port }: Instance): Promise<number> {
    const sentAt = performance.now();
    const check = { CheckID: `check:${service}-${name}`, TTL: '24h', Status: 'passing' };
    const body = { ID: `${service}-${name}`, Name: service, Address: address, Port: port, Check: check };
    await this.put('/v1/agent/service/register', body);
    return sentAt;
  }

  async leave(service: string, { name }: Instance): Promise<void> {
    await this.put(`/v1/agent/service/deregister/${service}-${name}`);
  }

  /** Registers them all, each with a passing check; in some thousand a second. */
  async fill(entries: readonly Entry[]): Promise<void> {
    const nodes = [...new Set(entries.map(({ node }) => node))];
    const operations = [...nodes.map(nodeOperation), ...entries.flatMap(instanceOperations)];
    // A node comes before its instances.
    await this.#transact(operations.slice(0, nodes.length));
    await this.#transact(operations.slice(nodes.length));
  }

  async add(entry: Entry): Promise<number> {
    const sentAt = performance.now();
    await this.#transact(instanceOperations(entry));
    return sentAt;
  }

  async remove(entries: readonly Entry[]): Promise<void> {
    await this.#transact(
      entries.map(({ service, node, id }) => ({
        Service: { Verb: 'delete', Node: node, Service: { ID: id, Service: service } },
      })),
    );
  }

  async put(path: string, body?: unknown): Promise<void> {
    const sent = request(this.#url + path, { method: 'PUT', agent: this.#agent });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(sent, 'response');
    const said = await text(response);
    if (response.statusCode !== 200)
      throw new Error(`PUT ${path}: ${response.statusCode} ${said.slice(0, 300)}`);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Consul takes 64 operations at once. */
  async #transact(operations: readonly unknown[]): Promise<void> {
    const batches = Array.from({ length: Math.ceil(operations.length / 64) }, (_, at) =>
      operations.slice(at * 64, at * 64 + 64),
    ).values();
    const work = async () => {
      for (const batch of batches) await this.put('/v1/txn', batch);
    };
    await Promise.all(Array.from({ length: 4 }, work));
  }
}

interface Instance {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

function nodeOperation(node: string) {
  // The gateway's own host: an instance on a loopback address is nothing odd there.
  return { Node: { Verb: 'set', Node: { Node: node, Address: '127.0.0.1' } } };
}

function instanceOperations({ service, id, node, address, port }: Entry) {
  return [
    {
      Service: {
        Verb: 'set',
        Node: node,
        Service: { ID: id, Service: service, Address: address, Port: port },
      },
    },
    {
      Check: {
        Verb: 'set',
        Check: { Node: node, CheckID: `check:${id}`, Name: 'alive', ServiceID: id, Status: 'passing' },
      },
    },
  ];
}
