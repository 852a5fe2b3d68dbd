/** The parts specific to the pages for pictures, rows and texts. */
export interface PageKind {
  /** Heading of the input section. */
  readonly question: string;
  /** HTML of that section. */
  readonly form: string;
  /** HTML below the answer. */
  readonly result?: string;
  /** Script that runs once the network is loaded. */
  readonly script: string;
}

/** Text as HTML. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The part of a script that passes files dropped on the page to its function `answerFiles`. */
export const DROP = `  document.ondragover = (event) => { event.preventDefault(); byId('drop').classList.add('over'); };
  document.ondragleave = () => byId('drop').classList.remove('over');
  document.ondrop = (event) => {
    event.preventDefault();
    byId('drop').classList.remove('over');
    answerFiles(event.dataTransfer.files);
  };
`;
