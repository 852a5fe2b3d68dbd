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

/** Text as HTML. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
