import { CommanderError } from 'commander';
import { type Problem, ProblemError, problemOf, sentence } from '../pipeline/problem.ts';

/** An error as a person reads it: a line or two, and the stack only where it is asked for. */
export function complaint(thrown: unknown, stack: boolean): string {
  const text = sentence(problemIn(thrown));
  // Words of Consul's or nginx's may be in it: no control character reaches the terminal.
  const safe = (words: string) => words.replace(/[^\P{Cc}\n]/gu, '?');
  if (stack) return `upsync: ${safe(text)}\n${safe(stackOf(thrown))}`;
  const expected = thrown instanceof CommanderError || thrown instanceof ProblemError;
  return `upsync: ${safe(text)}${expected ? '' : '; UPSYNC_LOG_LEVEL=debug shows where'}\n`;
}

/** The same for a machine, as one JSON document. */
export function jsonComplaint(thrown: unknown): string {
  return `${JSON.stringify({ problem: problemIn(thrown) }, undefined, 2)}\n`;
}

function problemIn(thrown: unknown): Problem {
  return thrown instanceof CommanderError ? usage(thrown) : problemOf(thrown);
}

/** Stacks alone: an error's other fields may hold a request, and with it the token. */
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const stack = thrown.stack ?? '';
  // Commander's own message repeats what was typed.
  const frames = thrown instanceof CommanderError ? stack.slice(stack.indexOf('\n') + 1) : stack;
  return `${frames}\n${thrown.cause === undefined ? '' : `caused by ${stackOf(thrown.cause)}`}`;
}

/** What commander found wrong, in our words. Of an unknown flag only what looks like a name is repeated: the rest may be a token. */
function usage({ code, message }: CommanderError): Problem {
  const [, name = '', guess = ''] =
    /'(--[a-z-]*|-[a-z]|).*'(?:\n\(Did you mean (.*)\?\))?$/is.exec(message) ?? [];
  const [, registrators] = registratorFlag.exec(message) ?? [];
  if (registrators !== undefined) {
    return { what: `unknown option -${registrators}`, remedy: `write --${registrators}, with two dashes` };
  }
  const remedy = guess === '' ? 'upsync --help lists what there is' : `did you mean ${guess}?`;
  switch (code) {
    case 'commander.unknownOption':
      return { what: `unknown option ${name}`, remedy: /token$/.test(name) ? tokenRemedy : remedy };
    case 'commander.optionMissingArgument': {
      const [, flag = '', value = ''] = /'(\S+) <(.*)>'/.exec(message) ?? [];
      return { what: `${flag} needs a value, ${flag} ${value}` };
    }
    default:
      return { what: message.replace(/^error: /, '') };
  }
}

/** What Registrator's users are used to. */
const registratorFlag = /unknown option '-(ip|internal|explicit|tags|ttl|resync|deregister|cleanup)\b/;

const tokenRemedy = 'a token has no flag: give it with CONSUL_HTTP_TOKEN or --consul-token-file FILE';
