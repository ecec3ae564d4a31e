import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const parse = (path: string) =>
  ts.createSourceFile(path, readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'), ts.ScriptTarget.Latest, true);

/** The names that an entry point exports, and the files that they are from. */
function exportsOf(entry: string): { readonly name: string; readonly file: string }[] {
  return parse(entry)
    .statements.filter((statement) => ts.isExportDeclaration(statement))
    .flatMap(({ moduleSpecifier, exportClause }) => {
      const specifier = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
      const file = posix.join(posix.dirname(entry), specifier).replace(/\.js$/, '.ts');
      if (exportClause === undefined || !ts.isNamedExports(exportClause)) return exportsOf(file);
      return exportClause.elements.map(({ name, propertyName }) => ({ name: (propertyName ?? name).text, file }));
    });
}

/** Whether a file declares a name, and how it is documented. */
function docstringOf(name: string, file: string): string | undefined {
  for (const statement of parse(file).statements) {
    const isDeclared = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some((declaration) => declaration.name.getText() === name)
      : 'name' in statement && (statement.name as ts.Identifier | undefined)?.text === name;
    if (!isDeclared) continue;
    const comments = ts.getJSDocCommentsAndTags(statement).filter((comment) => ts.isJSDoc(comment));
    return comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join('\n');
  }
  return undefined;
}

test.each(['src/index.ts', 'machines/index.ts', 'src/testing/index.ts'])(
  'everything that %s exports says what it is',
  (entry) => {
    const exported = exportsOf(entry);
    expect(exported.length).toBeGreaterThan(8);
    const silent = exported.filter(({ name, file }) => (docstringOf(name, file) ?? '').length < 10);
    expect(silent.map(({ name, file }) => `${file}: ${name}`)).toEqual([]);
  },
);
