/** The public names of a module with their declarations as text, read from the sources without checking types. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

const printer = ts.createPrinter({ removeComments: true });
const sources = new Map<string, ts.SourceFile>();

function sourceOf(file: string): ts.SourceFile {
  let source = sources.get(file);
  if (!source) {
    source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    sources.set(file, source);
  }
  return source;
}

/**
 * By name (of a namespace `NAMESPACE.NAME`) what is exported: `function f(x: number): string`, `interface A { … }`, …
 */
export function declarationsOf(file: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const statement of sourceOf(file).statements) {
    if (ts.isExportDeclaration(statement)) reExported(file, statement).forEach((text, name) => found.set(name, text));
    else for (const [name, text] of declared(statement)) found.set(name, join(found.get(name), text));
  }
  return found;
}

/** Overloads of one function stand side by side. */
const join = (before: string | undefined, text: string): string => (before === undefined ? text : `${before} ${text}`);

function reExported(file: string, { exportClause, moduleSpecifier }: ts.ExportDeclaration): Map<string, string> {
  const found = new Map<string, string>();
  const from = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
  const module = from?.startsWith('.') ? resolve(dirname(file), from.replace(/\.js$/, '.ts')) : undefined;
  if (exportClause && ts.isNamedExports(exportClause)) {
    for (const { name, propertyName } of exportClause.elements)
      found.set(
        name.text,
        (module ? declarationOf : localOf)(module ?? file, (propertyName ?? name).text) ?? `from '${from}'`,
      );
  } else if (module && existsSync(module)) {
    const prefix = exportClause && ts.isNamespaceExport(exportClause) ? `${exportClause.name.text}.` : '';
    declarationsOf(module).forEach((text, name) => found.set(prefix + name, text));
  } else found.set(`* of '${from}'`, '');
  return found;
}

/** The declaration of a name in a file, exported or not; undefined where it comes from another package. */
function declarationOf(file: string, name: string): string | undefined {
  return declarationsOf(file).get(name) ?? localOf(file, name);
}

/** The same without what the file exports from elsewhere. */
function localOf(file: string, name: string): string | undefined {
  for (const statement of sourceOf(file).statements) {
    const own = declared(statement, true).find(([one]) => one === name);
    if (own) return own[1];
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    const { text: from } = statement.moduleSpecifier;
    if (!bindings || !ts.isNamedImports(bindings) || !from.startsWith('.')) continue;
    const binding = bindings.elements.find((element) => element.name.text === name);
    if (binding)
      return declarationOf(
        resolve(dirname(file), from.replace(/\.js$/, '.ts')),
        (binding.propertyName ?? binding.name).text,
      );
  }
  return undefined;
}

/** The names that a statement declares, with text; those that it does not export only where `all` are wanted. */
function declared(statement: ts.Statement, all = false): [string, string][] {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!all && !modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  const { factory } = ts;
  const text = (node: ts.Node): string =>
    printer.printNode(ts.EmitHint.Unspecified, node, statement.getSourceFile()).replace(/\s+/g, ' ').replace(/;$/, '');
  if (ts.isFunctionDeclaration(statement) && statement.name) {
    const { asteriskToken, name, typeParameters, parameters, type } = statement;
    const head = factory.createFunctionDeclaration(
      undefined,
      asteriskToken,
      name,
      typeParameters,
      parameters.map((one) =>
        factory.createParameterDeclaration(
          undefined,
          one.dotDotDotToken,
          ts.isIdentifier(one.name) ? one.name : 'options',
          one.questionToken ?? (one.initializer ? factory.createToken(ts.SyntaxKind.QuestionToken) : undefined),
          one.type,
        ),
      ),
      type,
      undefined,
    );
    return [[name.text, text(head)]];
  }
  if (ts.isInterfaceDeclaration(statement)) {
    const { name, typeParameters, heritageClauses, members } = statement;
    return [
      [name.text, text(factory.createInterfaceDeclaration(undefined, name, typeParameters, heritageClauses, members))],
    ];
  }
  if (ts.isTypeAliasDeclaration(statement)) {
    const { name, typeParameters, type } = statement;
    return [[name.text, text(factory.createTypeAliasDeclaration(undefined, name, typeParameters, type))]];
  }
  if (ts.isClassDeclaration(statement) && statement.name)
    return [[statement.name.text, `class ${statement.name.text}`]];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, type, initializer }): [string, string][] => {
    if (!ts.isIdentifier(name)) return [];
    if (type) return [[name.text, `const ${name.text}: ${text(type)}`]];
    if (!initializer || !ts.isArrowFunction(initializer)) return [[name.text, `const ${name.text}`]];
    const { typeParameters, parameters, type: result } = initializer;
    const shown = factory.createFunctionTypeNode(
      typeParameters,
      parameters,
      result ?? factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword),
    );
    return [[name.text, `const ${name.text}: ${text(shown)}`]];
  });
}
