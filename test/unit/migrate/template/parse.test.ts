import { describe, expect, test } from 'vitest';
import type { Expression } from '../../../../src/migrate/template/ast.ts';
import { parseTemplate } from '../../../../src/migrate/template/parse.ts';

function parse(text: string) {
  return parseTemplate({
    text,
    delimiters: { left: '{{', right: '}}' },
    origin: { file: 'a.ctmpl', line: 1 },
    isNginx: true,
  });
}

/** An expression as a call with its arguments in parentheses. */
function spell(expression: Expression): string {
  switch (expression.type) {
    case 'dot':
      return '.';
    case 'nothing':
      return 'nil';
    case 'text':
      return JSON.stringify(expression.text);
    case 'number':
      return expression.text;
    case 'truth':
      return String(expression.truth);
    case 'variable':
      return `$${expression.name}`;
    case 'field':
      return `${spell(expression.of)}→${expression.name}`;
    case 'call':
      return `${expression.name}(${expression.args.map(spell).join(', ')})`;
    case 'method':
      return `${spell(expression.of)}→${expression.name}(${expression.args.map(spell).join(', ')})`;
  }
}

describe('an expression', () => {
  test.each([
    ['a function with its arguments', 'eq .A 1 "b"', 'eq(.→A, 1, "b")'],
    ['what is piped, as the last argument', '.A | f 1 | g', 'g(f(1, .→A))'],
    ['parentheses', 'f (g 1) .', 'f(g(1), .)'],
    ['fields of what stands in parentheses, and of variables', '(index $a 0).B.C', 'index($a, 0)→B→C'],
    ['a method with its argument', '.Tags.Contains "a"', '.→Tags→Contains("a")'],
    ['constants', 'f true nil -1', 'f(true, nil, -1)'],
  ])('has %s', (_, text, expected) => {
    const [node] = parse(`{{${text}}}`);
    expect(node?.type === 'pipeline' && spell(node.pipeline.value)).toBe(expected);
  });
});

describe('blocks', () => {
  test('are nested, and an else if goes on in its block', () => {
    const [node, behind] = parse('{{if .A}}a{{else if .B}}b{{range .C}}c{{else}}d{{end}}{{else}}e{{end}}f');
    expect(node).toMatchObject({
      type: 'if',
      branches: [
        { body: [{ text: 'a' }] },
        {
          body: [
            { text: 'b' },
            { type: 'range', branches: [{ body: [{ text: 'c' }] }, { pipeline: undefined }] },
          ],
        },
        { pipeline: undefined, body: [{ text: 'e' }] },
      ],
    });
    expect(behind).toEqual({ type: 'text', text: 'f' });
  });

  test('of a range have its variables', () => {
    expect(parse('{{range $i, $s := f}}{{end}}')).toMatchObject([
      { branches: [{ pipeline: { names: ['i', 's'], declares: true } }] },
    ]);
  });
});

test.each([
  ['a\n{{if .A}}b', 'a.ctmpl:2: this if has no end'],
  ['{{end}}', 'a.ctmpl:1: unexpected {{end}}'],
  ['{{if .A}}{{else}}\n{{else}}{{end}}', 'a.ctmpl:2: an else behind else'],
  ['{{range .A}}{{else if .B}}{{end}}', 'a.ctmpl:1: else of range goes with nothing or with range'],
  ['{{if}}{{end}}', 'a.ctmpl:1: an expression is missing in {{if}}'],
  ['{{f (g}}', 'a.ctmpl:1: a parenthesis is not closed in {{f (g}}'],
  ['{{1 2}}', 'a.ctmpl:1: only a function or a method takes arguments in {{1 2}}'],
  ['{{a := 1}}', 'a.ctmpl:1: only variables can stand before := and = in {{a := 1}}'],
])('%j is refused with its line', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
