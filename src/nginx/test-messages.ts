import { type Problem, sentence } from '../pipeline/problem.ts';

/** What nginx wrote to its standard error, sorted. */
export interface Messages {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

// `nginx: [emerg] …`, or as in a log where the configuration has `error_log stderr`.
const MESSAGE =
  /^(?:nginx: |\d{4}\/\d\d\/\d\d [\d:]{8} )\[(?<level>\w+)\] (?:\d+#\d+: (?:\*\d+ )?)?(?<text>.*)$/s;
const PLACE = /^(?<what>.*) in (?<where>\S.*:\d+)$/s;

/** Reads the messages of a test. `restore` puts the real paths into them. */
export function readMessages(stderr: string, restore: (message: string) => string): Messages {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const message of split(stderr)) {
    const { level = '', text = message } = MESSAGE.exec(message)?.groups ?? {};
    const problem = explain(restore(text));
    if (level === 'warn') warnings.push(sentence(problem));
    else if (['emerg', 'alert', 'crit', 'error'].includes(level)) problems.push(problem);
  }
  return { problems, warnings };
}

/** What quotes a name with a newline in it goes on in the next line. */
function split(stderr: string): readonly string[] {
  return stderr.split(/\n(?=nginx: |\d{4}\/\d\d\/\d\d )/).filter((message) => message.trim() !== '');
}

const REMEDIES: readonly [RegExp, string][] = [
  [
    /^chown\(.*\(1: Operation not permitted\)/,
    'give upsync the capability CHOWN: nginx as root needs it here',
  ],
  [
    /^dlopen\(.*ngx_stream_module.*No such file/,
    "install nginx's stream module (Debian: libnginx-mod-stream), which upstreams of tcp and udp need",
  ],
  [
    /\(2: No such file or directory\)|No such file or directory:/,
    'restore it, or take it out of the configuration',
  ],
  [/\(13: Permission denied\)/, "run upsync as the user that nginx's master runs as"],
  [
    /^host not found/,
    'if upsync should write this upstream, follow it (--service NAME); else the name must resolve where upsync runs',
  ],
  [
    /^"log_by_lua\w*" directive is duplicate/,
    'reload upsync (SIGHUP): it leaves its own out where the configuration has one',
  ],
  [
    /^unknown directive "(balancer|log|content)_by_lua_block"/,
    'load the Lua module again, or set nginx.via to auto and reload upsync (SIGHUP)',
  ],
  [/^duplicate upstream/, 'upsync writes this upstream: take the other one out of your configuration'],
  [
    /^unknown directive "stream"/,
    'load the stream module, at the top of nginx.conf: `load_module modules/ngx_stream_module.so;` (Debian: libnginx-mod-stream)',
  ],
];

function explain(text: string): Problem {
  const { what = text, where } = PLACE.exec(text)?.groups ?? {};
  const remedy = REMEDIES.find(([pattern]) => pattern.test(what) || pattern.test(text))?.[1];
  return { what, ...(where !== undefined && { where }), ...(remedy !== undefined && { remedy }) };
}
