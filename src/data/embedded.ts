/** Functions as text, for programs that run elsewhere: the page of an export, the process that decodes images. */

/** Definitions of functions that refer to nothing outside themselves, by the names that the program calls them by. */
export function embedded(functions: Readonly<Record<string, (...args: never[]) => unknown>>): string {
  // Some tools that strip types mark functions with their names by a helper of this name.
  const helper = '  const __name = (f) => f;\n';
  return (
    helper +
    Object.entries(functions)
      .map(([name, f]) => `  const ${name} = ${f.toString()};`)
      .join('\n')
  );
}
