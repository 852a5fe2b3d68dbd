/** A page for the last rows of series: pasted, or selected as a CSV file. */
import { dateFeatures, embedded, fieldsIn, separatorOf, valueIn, windowsInText } from '../../data/index.js';
import { type ModelFacts, type SeriesInput } from '../facts.js';
import { DROP, escape, type PageKind } from './kind.js';

/** Number of names listed individually. */
const MOST_COLUMNS = 20;

export function seriesPage({ series, charset }: SeriesInput, { targets }: ModelFacts): PageKind {
  const { window, horizon, columns, group, time } = series;
  const listed = columns.slice(0, MOST_COLUMNS).map((name) => `<code>${escape(name)}</code>`);
  const called = `${listed.join(', ')}${columns.length > MOST_COLUMNS ? ` and ${columns.length - MOST_COLUMNS} more` : ''}`;
  const names = [time, group].filter((name) => name !== undefined);
  const answers =
    horizon === 0
      ? 'The answer belongs to the last row'
      : `The answer belongs to the row ${horizon === 1 ? 'that follows the last one' : `${horizon} rows after the last one`}`;
  return {
    question: 'Your series',
    form: `<p>The network reads the last ${window} rows of ${group === undefined ? 'a series' : `each series (<code>${escape(group)}</code>)`}: the columns ${called}${time === undefined ? ', the oldest row first' : `, in the order of <code>${escape(time)}</code>`}. ${answers}.</p>
      <div id="drop" class="drop">
        <p>Drop a CSV file here, or</p>
        <div class="buttons"><label class="button">Choose a file<input id="file" type="file" accept=".csv,.tsv,.txt,text/csv"></label></div>
      </div>
      <p><label for="rows">Or paste rows, also from a spreadsheet; the first line contains the names of the columns:</label>
      <textarea id="rows" rows="10" spellcheck="false" placeholder="${escape([...names, ...columns].slice(0, MOST_COLUMNS).join(','))}"></textarea></p>
      <p><button id="clear" class="plain">Clear</button></p>`,
    result: `<div class="scroll"><table id="answers" hidden><caption>All series</caption><thead><tr><th scope="col">series</th><th scope="col">answer</th>${targets ? '' : '<th scope="col">probability</th>'}</tr></thead><tbody></tbody></table></div>`,
    script: `${embedded({ separatorOf, fieldsIn, valueIn, dateFeatures, windowsInText })}
  const charset = ${JSON.stringify(charset ?? 'utf-8')};
${SCRIPT}`,
  };
}

const SCRIPT = `
  const { series } = input;
  const tools = { separatorOf, fieldsIn, valueIn, dateFeatures };
  const rows = byId('rows');

  function answerRows() {
    const body = byId('answers').tBodies[0];
    body.replaceChildren();
    byId('answers').hidden = true;
    clearAnswer();
    if (rows.value.trim() === '') return say('');
    let windows;
    try {
      windows = windowsInText(rows.value, series, tools);
    } catch (error) {
      return say(error.message);
    }
    say('');
    const all = ask(windows.flatMap(({ values }) => values), [1, series.window, series.columns.length], windows.length);
    const size = all.length / windows.length;
    windows.forEach(({ name }, i) => {
      const answer = all.subarray(i * size, (i + 1) * size);
      // The first series in large letters; all of them below.
      const best = i === 0 ? show(answer) : answer.indexOf(Math.max(...answer));
      const told = targets ? [Array.from(answer, digits).join(', ')] : [classNames[best], percent(answer[best])];
      const row = make('tr', {}, make('th', { scope: 'row', textContent: name }), ...told.map((textContent) => make('td', { textContent })));
      Object.assign(row.dataset, { series: name, ...(targets ? { values: JSON.stringify(Array.from(answer)) } : { label: classNames[best], probability: answer[best] }) });
      body.append(row);
    });
    byId('answers').hidden = windows.length < 2;
  }

  /** The text of a file as weft reads it. */
  async function textOf(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const [a, b] = bytes;
    const encodings = a === 0xff && b === 0xfe ? ['utf-16le'] : a === 0xfe && b === 0xff ? ['utf-16be'] : ['utf-8', charset];
    for (const encoding of encodings) {
      try {
        return new TextDecoder(encoding, { fatal: true }).decode(bytes);
      } catch {
        continue;
      }
    }
    throw new Error(file.name + ' is not ' + encodings.at(-1).toUpperCase() + ' text: save the table as CSV in UTF-8');
  }
  /** The table of one file at a time. */
  const answerFiles = ([file]) => file && textOf(file).then((text) => {
    rows.value = text;
    answerRows();
  }, (error) => {
    clearAnswer();
    say(error.message);
  });

  rows.oninput = answerRows;
  byId('clear').onclick = () => {
    rows.value = '';
    answerRows();
  };
  byId('file').onchange = ({ target }) => answerFiles(target.files)?.then(() => { target.value = ''; });
${DROP}`;
