import type { Expression, Pipeline } from './ast.ts';
import type { Token } from './tokens.ts';

/** What `fail` gets is what Go would complain of. */
type Fail = (what: string) => never;

/** Reads a pipeline as Go's text/template/parse does, with the variables before it. */
export function parsePipeline(tokens: readonly Token[], fail: Fail): Pipeline {
  const assign = tokens.findIndex(({ kind }) => kind === ':=' || kind === '=');
  const names = tokens.slice(0, Math.max(assign, 0)).flatMap((token, index) => {
    if (index % 2 === 0 && token.kind === 'variable') return [token.name];
    return index % 2 === 1 && token.kind === ',' ? [] : fail('only variables can stand before := and =');
  });
  const value = parseExpression(tokens.slice(assign + 1), fail);
  return { names, declares: tokens[assign]?.kind === ':=', value };
}

function parseExpression(tokens: readonly Token[], fail: Fail): Expression {
  let at = 0;
  const value = pipeline();
  return at < tokens.length ? fail(`unexpected ${spell(tokens[at])}`) : value;

  function pipeline(): Expression {
    let value = command();
    while (tokens[at]?.kind === '|') {
      at += 1;
      value = withLast(command(), value, fail);
    }
    return value;
  }

  function command(): Expression {
    const operands: Expression[] = [];
    while (at < tokens.length && tokens[at]?.kind !== '|' && tokens[at]?.kind !== ')')
      operands.push(operand());
    const [first, ...args] = operands;
    if (first === undefined) return fail('an expression is missing');
    if (args.length === 0) return first;
    if (first.type === 'call' && first.args.length === 0) return { ...first, args };
    if (first.type === 'field') return { type: 'method', of: first.of, name: first.name, args };
    return fail('only a function or a method takes arguments');
  }

  /** A term, and the fields that are chained to it. */
  function operand(): Expression {
    let value = term();
    for (let token = tokens[at]; token?.kind === 'field' && !token.spaced; token = tokens[at]) {
      value = { type: 'field', of: value, name: token.name };
      at += 1;
    }
    return value;
  }

  function term(): Expression {
    const token = tokens[at];
    at += 1;
    switch (token?.kind) {
      case 'text':
        return { type: 'text', text: token.text };
      case 'number':
        return { type: 'number', text: token.text };
      case 'variable':
        return { type: 'variable', name: token.name };
      case '.':
        return { type: 'dot' };
      case 'field':
        return { type: 'field', of: { type: 'dot' }, name: token.name };
      case 'word':
        if (token.name === 'true' || token.name === 'false')
          return { type: 'truth', truth: token.name === 'true' };
        return token.name === 'nil' ? { type: 'nothing' } : { type: 'call', name: token.name, args: [] };
      case '(': {
        const value = pipeline();
        if (tokens[at]?.kind !== ')') fail('a parenthesis is not closed');
        at += 1;
        return value;
      }
      default:
        return fail(`unexpected ${spell(token)}`);
    }
  }
}

/** What is piped becomes the last argument. */
function withLast(command: Expression, piped: Expression, fail: Fail): Expression {
  switch (command.type) {
    case 'call':
    case 'method':
      return { ...command, args: [...command.args, piped] };
    case 'field':
      return { type: 'method', of: command.of, name: command.name, args: [piped] };
    default:
      return fail('only a function or a method can stand behind |');
  }
}

function spell(token: Token | undefined): string {
  if (token === undefined) return 'end of the tag';
  switch (token.kind) {
    case 'text':
    case 'number':
      return token.text;
    case 'field':
      return `.${token.name}`;
    case 'variable':
      return `$${token.name}`;
    case 'word':
      return token.name;
    default:
      return token.kind;
  }
}
