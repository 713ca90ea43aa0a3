import { request as ask, type ServerResponse } from 'node:http';
import { type ConsulDouble, type Script, startConsulDouble } from './consul-double.ts';

/** What Consul says at once, for a fault to spoil. */
interface Truth {
  readonly index: number;
  readonly body: string;
}

/** A double that stands before a real Consul and passes everything on, but for what is told to fail. */
export interface ConsulProxy extends ConsulDouble {
  /** Passes a request on. */
  readonly forward: Script;
  truth(asked: URL): Promise<Truth>;
  /** Plays a fault on this path from now on, and cuts off what is under way there. */
  begin(path: string, fault: Script): void;
  /** Passes everything on from now on. What still hangs in the fault hangs on. */
  end(): void;
}

export async function startConsulProxy(consul: string): Promise<ConsulProxy> {
  const open = new Map<ServerResponse, string>();
  const forward: Script = ({ pathname, search }, response, _seen, { method, headers }) => {
    const onward = ask(consul + pathname + search, { method, headers, agent: false }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    onward.on('error', () => response.destroy()).end();
    open.set(response, pathname);
    response.on('close', () => {
      onward.destroy();
      open.delete(response);
    });
  };
  const double = await startConsulDouble(forward);
  return Object.assign(double, {
    forward,
    async truth({ pathname, searchParams }: URL) {
      const now = new URLSearchParams(searchParams);
      now.delete('index');
      const answered = await fetch(`${consul}${pathname}?${now}`, { headers: { connection: 'close' } });
      return { index: Number(answered.headers.get('x-consul-index')), body: await answered.text() };
    },
    begin(path: string, fault: Script) {
      double.play((asked, ...rest) => (asked.pathname === path ? fault : forward)(asked, ...rest));
      for (const [response, asked] of open) if (asked === path) response.destroy();
    },
    end: () => double.play(forward),
  });
}
