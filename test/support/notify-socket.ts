import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A datagram socket as systemd gives it to a service, since Node has none. */
export interface NotifySocket extends AsyncDisposable {
  /** For NOTIFY_SOCKET. */
  readonly address: string;
  /** The messages that came, each as its lines. */
  readonly messages: readonly (readonly string[])[];
  /** The next message with this line behind the one that was awaited last; rejects after 20 s. */
  next(line: string | RegExp): Promise<readonly string[]>;
}

/** Says each datagram as a line, its newlines as tabs. A leading `@` stands for the abstract namespace. */
const listener = `
use Socket;
$| = 1;
my $path = $ARGV[0];
$path =~ s/^\\@/\\0/;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, pack_sockaddr_un($path)) or die "bind: $!";
print "bound\\n";
while (defined recv($socket, my $message, 65536, 0)) {
  next if $message eq '';
  chomp $message;
  $message =~ s/\\n/\\t/g;
  print "$message\\n";
}
`;

/** `address`: a path, or `@name`. */
export async function openNotifySocket(address: string): Promise<NotifySocket> {
  const command = ['--pdeathsig', 'KILL', 'perl', '-e', listener, address];
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const messages: (readonly string[])[] = [];
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const listeners = new Set<() => void>();
  lines.on('line', (line) => {
    // By that systemd-notify knows that what it sent before was read.
    if (line === 'BARRIER=1') return;
    messages.push(line.split('\t'));
    for (const listener of listeners) listener();
  });
  let cursor = 0;
  return {
    address,
    messages,
    next: (wanted) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          end();
        };
        const timer = setTimeout(
          () => settle(() => reject(new Error(`no ${wanted} within 20 s: ${JSON.stringify(messages)}`))),
          20_000,
        );
        const look = () => {
          const matches = (line: string) =>
            typeof wanted === 'string' ? line === wanted : wanted.test(line);
          const at = messages.findIndex((message, index) => index >= cursor && message.some(matches));
          const found = messages[at];
          if (found === undefined) return;
          cursor = at + 1;
          settle(() => resolve(found));
        };
        listeners.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
