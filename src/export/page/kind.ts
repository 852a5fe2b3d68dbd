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

/** The part of a script that gives files dropped on the page to its function `answerFiles`. */
export const DROP = `  document.ondragover = (event) => { event.preventDefault(); byId('drop').classList.add('over'); };
  document.ondragleave = () => byId('drop').classList.remove('over');
  document.ondrop = (event) => {
    event.preventDefault();
    byId('drop').classList.remove('over');
    answerFiles(event.dataTransfer.files);
  };
`;
