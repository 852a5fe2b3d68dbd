/** What the pages for pictures, rows and texts have of their own. */
export interface PageKind {
  /** Heading of the side where one asks. */
  readonly question: string;
  /** HTML of that side. */
  readonly form: string;
  /** HTML below the answer. */
  readonly result?: string;
  /** What the page does, once the network is there. */
  readonly script: string;
}

/** Definitions of functions that refer to nothing outside themselves, by the names that the page calls them by. */
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

/** Text as HTML. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
