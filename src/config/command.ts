import { parse } from 'shell-quote';
import { z } from 'zod';

/** A command line as one would type it, or its words in a list; gives the words, none for none. No shell ever sees it. */
export const command = z
  .union([z.string(), z.array(z.string())], { error: 'not a command; write its words, as text or as a list' })
  .transform((given, context): readonly string[] => {
    const { words, fault } = typeof given === 'string' ? wordsOf(given) : listed(given);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    return words;
  });

interface Words {
  readonly words: readonly string[];
  /** `what; remedy`. */
  readonly fault?: string;
}

function listed(words: readonly string[]): Words {
  if (words.length === 0 || words[0] === '') return { words, fault: 'an empty command; name a program' };
  if (words.some((word) => word.includes('\0'))) return { words, fault: 'holds a NUL; take it out' };
  return { words };
}

const literal = 'quote it, or write the command as a list of words';

/** Quotes and backslashes mean what they mean to a shell; all else that would mean something to one is refused. */
function wordsOf(text: string): Words {
  if (text.trim() === '') return { words: [] };
  if (!closed.test(text)) return { words: [], fault: 'a quote is not closed; close it' };
  const variables: string[] = [];
  const parts = parse(text, (name) => {
    variables.push(name);
    return '';
  });
  const words = parts.filter((part) => typeof part === 'string');
  const foreign = parts.find((part) => typeof part !== 'string');
  if (variables.length > 0) return { words, fault: `no shell reads it, so $ names no variable; ${literal}` };
  if (words.some((word) => word.includes('`')))
    return { words, fault: `no shell reads it, so \` runs nothing; ${literal}` };
  if (foreign !== undefined) return { words, fault: `no shell reads it, so ${meaning(foreign)}; ${literal}` };
  return listed(words);
}

/** Every quote has its other one. */
const closed = /^(?:[^'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*$/s;

function meaning(part: object): string {
  if ('pattern' in part) return '* and ? match no files';
  // The operator `;` would end the sentence for whoever splits it there.
  return 'op' in part && part.op !== ';' ? `${String(part.op)} does nothing` : 'nothing may follow it';
}
