/** Functions as source text, for programs that run elsewhere: exported pages, and the process that decodes images. */

/** Definitions of self-contained functions, under the names by which the program calls them. */
export function embedded(functions: Readonly<Record<string, (...args: never[]) => unknown>>): string {
  // Some type-stripping tools wrap functions in a helper of this name to preserve their names.
  const helper = '  const __name = (f) => f;\n';
  return (
    helper +
    Object.entries(functions)
      .map(([name, f]) => `  const ${name} = ${f.toString()};`)
      .join('\n')
  );
}
