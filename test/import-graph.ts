import { posix } from 'node:path';
import ts from 'typescript';

/** The text of each file, by its path from the root of the repository. */
export type House = Readonly<Record<string, string>>;

/** An arrow from a file to another file, or to a package (`xstate`, `node:fs`). */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `lazy`: by `import()`. `type`: gone when it runs. */
  readonly kind: 'value' | 'lazy' | 'type';
}

/** All arrows of a house. An `import()` of what is not written down leads to `?`. */
export function arrowsOf(house: House): Arrow[] {
  return Object.entries(house).flatMap(([from, text]) => {
    const arrows: Arrow[] = [];
    const add = (specifier: ts.Node | undefined, kind: Arrow['kind']) => {
      const to = specifier && ts.isStringLiteralLike(specifier) ? destination(from, specifier.text) : '?';
      arrows.push({ from, to, kind });
    };
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node)) {
        add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type' : 'value');
      } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
        add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
      } else if (ts.isImportTypeNode(node)) {
        add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
      } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        add(node.arguments[0], 'lazy');
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest));
    return arrows;
  });
}

function destination(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The shortest way along arrows from a file to one of the destinations; a file is a way from itself only in a circle. */
export function wayTo(arrows: readonly Arrow[], from: string, destinations: readonly string[]): string[] | undefined {
  const neighbours = new Map<string, string[]>();
  for (const arrow of arrows) {
    const known = neighbours.get(arrow.from);
    if (known === undefined) neighbours.set(arrow.from, [arrow.to]);
    else known.push(arrow.to);
  }
  const seen = new Set<string>();
  const ways = [[from]];
  for (const way of ways) {
    for (const to of neighbours.get(way.at(-1) ?? '') ?? []) {
      if (destinations.includes(to)) return [...way, to];
      if (!seen.has(to)) ways.push([...way, to]);
      seen.add(to);
    }
  }
  return undefined;
}
