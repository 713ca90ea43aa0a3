import type { Node, Pipeline, Place } from './ast.ts';
import { conditional, range } from './convert-blocks.ts';
import { convertExpression, Unconverted } from './convert-expression.ts';
import { bound, type Js, literal } from './js.ts';
import type { Needs } from './needs.ts';
import { comment, createPass, type Mark, type Options, type Pass } from './pass.ts';
import { freshName, innerScope, type Scope } from './scope.ts';
import { simpleUpstream } from './upstream.ts';

export interface Converted {
  readonly eta: string;
  readonly marks: readonly Mark[];
  readonly needs: Needs;
}

/** A Go template as one of Eta's. What has no conversion is marked where it stood, and keeps the template from being used. */
export function convertTemplate(nodes: readonly Node[], options: Options): Converted {
  const pass = createPass(nodes, options);
  writeAll(pass, nodes, innerScope(undefined, undefined));
  return { eta: pass.out.written(), marks: pass.marks, needs: pass.needs };
}

function writeAll(pass: Pass, list: readonly Node[], scope: Scope): void {
  const { out, claim, isNginx, needs } = pass;
  list.forEach((node, index) => {
    const simple = isNginx ? simpleUpstream(list, index, scope, out.written()) : undefined;
    const name = simple && claim(simple.name, simple.keys);
    if (simple === undefined || name === undefined) {
      writeOne(pass, node, scope, list[index + 1]);
      return;
    }
    for (const remark of simple.remarks) needs.remarks.add(remark);
    // It writes several lines.
    if (!out.written().endsWith('\n')) out.text('\n');
    out.value(`it.servers(it.upstream('${name}'))`, true);
    out.text('\n');
  });
}

function writeOne(pass: Pass, node: Node, scope: Scope, next: Node | undefined): void {
  const body = (nodes: readonly Node[], inner: Scope) => writeAll(pass, nodes, inner);
  switch (node.type) {
    case 'text':
      pass.out.text(node.text);
      break;
    case 'comment':
      pass.out.code(comment(node.text), node.at.own);
      break;
    case 'jump':
      pass.out.code(`${node.word};`, node.at.own);
      break;
    case 'named':
      pass.mark(node.at, new Unconverted(named(node)));
      break;
    case 'pipeline':
      pass.attempt(node.at, () => writePipeline(pass, node.pipeline, node.at, scope, next));
      break;
    case 'range':
      range(pass, node, scope, body);
      break;
    default:
      conditional(pass, node, scope, body);
  }
}

function writePipeline(
  pass: Pass,
  { names, declares, value }: Pipeline,
  at: Place,
  scope: Scope,
  next: Node | undefined,
): void {
  const { out, needs, changed } = pass;
  const found = convertExpression(value, scope, needs);
  const [name] = names;
  if (name === undefined) writeValue(pass, found, next);
  else if (declares) {
    const fresh = freshName(scope, name);
    const held = bound(fresh, found);
    // What it is set to later is not known here.
    scope.variables.set(name, changed.has(name) ? { ...held, parts: [held], free: true } : held);
    out.code(`${changed.has(name) ? 'let' : 'const'} ${fresh} = ${found.code};`, at.own);
  } else {
    const target = convertExpression({ type: 'variable', name }, scope, needs);
    out.code(`${target.code} = ${found.code};`, at.own);
  }
}

function writeValue({ out, isNginx }: Pass, value: Js, next: Node | undefined): void {
  const fixed = literal(value);
  const { kind } = value;
  if (fixed !== undefined) {
    out.text(fixed);
    return;
  }
  if (kind === 'truth') {
    out.value(`String(${value.code})`, false);
    return;
  }
  if (typeof kind !== 'string') throw new Unconverted("a value that is text, such as `list.join(' ')`");
  if (isNginx && isSnippet(value, out.written(), next)) {
    throw new Unconverted(
      `\`<%~ ${value.code} %>\`, if all who may write this key may write nginx's configuration: it is written as it is`,
    );
  }
  // `<%= %>` quotes a whole word where it must, so the quotes around it go.
  const isWord = isNginx && next?.type === 'text' && next.text.startsWith('"') && out.unquote();
  out.value(value.code, value.plain === true && !isWord);
}

/** A key's value that has its line to itself stands for whole directives, and `<%= %>` would make one word of it. */
function isSnippet({ code }: Js, written: string, next: Node | undefined): boolean {
  if (!/^it\.key(Or)?\(|\.value$/.test(code)) return false;
  const line = written.slice(written.lastIndexOf('\n') + 1).replace(/<%.*?%>/g, '');
  return (
    line.trim() === '' && (next === undefined || (next.type === 'text' && /^[ \t]*\r?\n/.test(next.text)))
  );
}

function named({ word, name }: Extract<Node, { type: 'named' }>): string {
  return word === 'template'
    ? `\`<%~ include('_${name}', it) %>\`, and that template beside this one as _${name}.eta`
    : `a template of its own, _${name}.eta, and \`<%~ include('_${name}', it) %>\` where it is used`;
}
