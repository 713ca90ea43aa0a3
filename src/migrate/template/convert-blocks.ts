import type { Block, Branch, Node } from './ast.ts';
import { convertExpression, Unconverted } from './convert-expression.ts';
import { bound, condition, type Js, js, type Kind, tight } from './js.ts';
import type { Pass } from './pass.ts';
import { freshName, innerScope, type Scope } from './scope.ts';

type WriteBody = (nodes: readonly Node[], scope: Scope) => void;

/** `if` and `with`, each branch a block of JavaScript's. */
export function conditional(pass: Pass, block: Block, outer: Scope, body: WriteBody): void {
  block.branches.forEach((branch, index) => {
    const scope = innerScope(outer, outer.dot);
    const opening = index === 0 ? '' : '} else ';
    const dot = pass.attempt(
      branch.at,
      () => openBranch(pass, block.type, branch, index, outer, scope),
      ` ${opening}if (false) {`,
    );
    body(branch.body, { ...scope, dot: dot ?? outer.dot });
  });
  pass.out.code('}', block.end.own);
}

/** Writes the head of a branch; gives what the dot is in it. */
function openBranch(
  { out, needs }: Pass,
  type: Block['type'],
  { at, pipeline }: Branch,
  index: number,
  outer: Scope,
  scope: Scope,
): Js | undefined {
  if (pipeline === undefined) {
    out.code('} else {', at.own);
    return outer.dot;
  }
  const value = convertExpression(pipeline.value, outer, needs);
  const [name] = pipeline.names;
  if (type === 'if' && name === undefined) {
    out.code(`${index === 0 ? '' : '} else '}if (${condition(value)}) {`, at.own);
    return outer.dot;
  }
  if (index > 0) throw new Unconverted('an `if` of its own in place of this else');
  const fresh = freshName(outer, name ?? nameFor(value.kind));
  const held = bound(fresh, value);
  if (name !== undefined) scope.variables.set(name, held);
  out.code(`const ${fresh} = ${value.code}; if (${condition(held)}) {`, at.own);
  return type === 'with' ? held : outer.dot;
}

/** A loop; its `else` is an `if` behind it. */
export function range(pass: Pass, { branches, end }: Block, outer: Scope, body: WriteBody): void {
  const [first, otherwise] = branches;
  if (first === undefined) return;
  const scope = innerScope(outer, js('item', 'unknown'));
  const loop = pass.attempt(
    first.at,
    () => openLoop(pass, first, outer, scope, otherwise !== undefined),
    ' for (const item of []) {',
  );
  body(first.body, { ...scope, dot: loop?.dot ?? scope.dot });
  if (otherwise !== undefined) {
    pass.out.code(`} if (${loop?.isEmpty ?? 'false'}) {`, otherwise.at.own);
    body(otherwise.body, innerScope(outer, outer.dot));
  }
  pass.out.code('}', end.own);
}

/** Writes the head of a loop; gives what the dot is in it, and the condition of its `else`. */
function openLoop(
  { out, needs }: Pass,
  { at, pipeline }: Branch,
  outer: Scope,
  scope: Scope,
  hasElse: boolean,
): { dot: Js; isEmpty: string } {
  if (pipeline === undefined) throw new Unconverted('JavaScript');
  let [head, over] = ['', convertExpression(pipeline.value, outer, needs)];
  // What JSON holds may be a list or an object, and Go goes through either with its keys.
  const isEither = pipeline.names.length > 1 && typeof over.kind === 'string';
  if ((hasElse || isEither) && !/^\w+$/.test(over.code)) {
    const fresh = freshName(outer, nameFor(over.kind));
    head = `const ${fresh} = ${over.code}; `;
    over = bound(fresh, over);
  }
  const isGroups = typeof over.kind !== 'string' && 'groups' in over.kind;
  const kind = memberOf(over.kind);
  // One variable is the member, two are its key (or number) and the member.
  const [member, key] = pipeline.names.toReversed();
  const name = freshName(scope, member ?? nameFor(kind));
  const free = over.free && { free: true as const };
  const dot = { ...js(name, kind), ...free };
  if (member !== undefined) scope.variables.set(member, dot);
  let [each, of] = [name, tight(over)];
  if (isGroups || key !== undefined) {
    const keyName = freshName(scope, key ?? 'group');
    if (key !== undefined)
      scope.variables.set(key, {
        ...js(keyName, isGroups ? 'text' : isEither ? 'unknown' : 'number'),
        ...free,
      });
    each = `[${keyName}, ${name}]`;
    if (isEither) of = `Array.isArray(${of}) ? ${of}.entries() : Object.entries(${of}).sort()`;
    else if (!isGroups) of = `${of}.entries()`;
  }
  out.code(`${head}for (const ${each} of ${of}) {`, at.own);
  if (isEither) return { dot, isEmpty: `Object.keys(${over.code}).length === 0` };
  return { dot, isEmpty: `${tight(over)}.${isGroups ? 'size' : 'length'} === 0` };
}

function memberOf(kind: Kind): Kind {
  if (typeof kind === 'string') return 'unknown';
  if ('groups' in kind) return { list: kind.groups };
  return 'list' in kind ? kind.list : 'unknown';
}

/** What a person would call it. */
function nameFor(kind: Kind): string {
  if (kind === 'number') return 'number';
  if (typeof kind === 'string') return 'value';
  if ('groups' in kind) return 'groups';
  if ('list' in kind) return `${nameFor(kind.list).replace(/y$/, 'ie')}s`;
  return kind.record === 'instance' ? 'server' : kind.record;
}
