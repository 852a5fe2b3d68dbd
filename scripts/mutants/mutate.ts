/** Small faults in a source file, one at a time, as a careless engineer might make. */
import ts from 'typescript';

export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: string;
  /** The part of the source to replace, and its replacement. */
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
}

const OPERATORS = new Map(
  Object.entries({
    '+': '-',
    '-': '+',
    '*': '/',
    '/': '*',
    '%': '*',
    '**': '*',
    '<': '<=',
    '<=': '<',
    '>': '>=',
    '>=': '>',
    '===': '!==',
    '!==': '===',
    '&&': '||',
    '||': '&&',
    '??': '&&',
    '+=': '-=',
    '-=': '+=',
    '*=': '/=',
    '/=': '*=',
    '&': '|',
    '|': '&',
    '<<': '>>',
    '>>': '<<',
    '>>>': '<<',
  }),
);

const METHODS = new Map(
  Object.entries({
    min: 'max',
    max: 'min',
    floor: 'ceil',
    ceil: 'floor',
    some: 'every',
    every: 'some',
    add: 'sub',
    sub: 'add',
    mul: 'div',
    div: 'mul',
  }),
);

/** All mutants of a source text, in order of position. Types, imports and strings are left alone. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  const replace: Replace = (kind, node, after) => {
    const [first, last] = Array.isArray(node) ? node : [node, node];
    const [start, end] = [first.getStart(source), last.end];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({ file, line, kind, start, end, before: text.slice(start, end), after });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    mutate(node, replace);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

type Replace = (kind: string, node: ts.Node | [first: ts.Node, last: ts.Node], after: string) => void;

function mutate(node: ts.Node, replace: Replace): void {
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText();
    const words = [node.left, node.right].some((side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side));
    const after = OPERATORS.get(operator);
    if (after !== undefined && !(operator === '+' && words)) replace('operator', node.operatorToken, after);
  } else if (ts.isNumericLiteral(node)) {
    const value = Number(node.text.replaceAll('_', ''));
    replace('constant', node, String(value === 1 ? 0 : Number.isInteger(value) ? value + 1 : 2 * value));
  } else if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) {
    replace('constant', node, node.kind === ts.SyntaxKind.TrueKeyword ? 'false' : 'true');
  } else if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.MinusToken || node.operator === ts.SyntaxKind.ExclamationToken)
      replace('operator', node, node.operand.getText());
  } else if (ts.isIfStatement(node)) replace('condition', node.expression, `!(${node.expression.getText()})`);
  else if (ts.isConditionalExpression(node)) replace('condition', node.condition, `!(${node.condition.getText()})`);
  else if (ts.isExpressionStatement(node)) replace('removed', node, ';');
  else if (ts.isCallExpression(node)) mutateCall(node, replace);
}

function mutateCall({ expression, arguments: given }: ts.CallExpression, replace: Replace): void {
  const [first, second] = given;
  if (first && second && isPlain(first) && isPlain(second) && first.getText() !== second.getText())
    replace('arguments', [first, second], `${second.getText()}, ${first.getText()}`);
  if (!ts.isPropertyAccessExpression(expression)) return;
  const after = METHODS.get(expression.name.text);
  // A set has no `sub`: only of numbers and tensors is it a fault that runs.
  if (after !== undefined && !(expression.name.text === 'add' && given.length < 2))
    replace('method', expression.name, after);
}

/**
 * Names and numbers, which may be taken for each other; functions, objects and words would not even run in each other's
 * place.
 */
function isPlain(node: ts.Expression): boolean {
  if (ts.isNonNullExpression(node)) return isPlain(node.expression);
  return (
    ts.isIdentifier(node) ||
    ts.isNumericLiteral(node) ||
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isBinaryExpression(node)
  );
}

/** The text with the fault in it. */
export function apply({ start, end, after }: Mutant, text: string): string {
  return `${text.slice(0, start)}${after}${text.slice(end)}`;
}
