/** A page for a row of a table: a field for each column, under its name. */
import { type Column, dateFeatures, embedded, widthOf } from '../../data/index.js';
import { type ModelFacts, type TableInput } from '../facts.js';
import { escape, type PageKind } from './kind.js';

export function tablePage({ columns, encoding }: TableInput, { inputShape, normalization }: ModelFacts): PageKind {
  const used: readonly Column[] =
    encoding?.filter(({ kind }) => kind !== 'left out') ??
    Array.from({ length: inputShape.at(-1)! }, (_, i) => ({
      ...(columns && { name: columns[i]! }),
      kind: 'number' as const,
    }));
  let place = 0;
  const fields = used.map((column, i) => {
    const name = escape(column.name ?? `column ${i + 1}`);
    const mean = normalization.mean[place % normalization.mean.length]!;
    place += widthOf(column);
    if (column.kind === 'category') return select(name, column.categories ?? []);
    return column.kind === 'date'
      ? dateField(name, mean, column.time === true)
      : numberField(name, mean, encoding !== undefined);
  });
  return {
    question: 'Your row',
    form: `<form id="row" autocomplete="off"><div class="fields">${fields.join('')}</div>
      <p class="note">The numbers in the fields are the means of the training data.${encoding ? ' An empty field means an unknown value.' : ''}</p>
      <p><button type="reset" class="plain">Start again</button></p></form>`,
    script: embedded({ dateFeatures }) + SCRIPT,
  };
}

const numberField = (name: string, mean: number, gaps: boolean): string =>
  `<label>${name}<input type="number" step="any" inputmode="decimal" value="${Number(mean.toPrecision(4))}" data-kind="number"${gaps ? '' : ' required'}></label>`;

/** Contains the mean date in the format of browsers. */
const dateField = (name: string, days: number, time: boolean): string =>
  // eslint-disable-next-line no-restricted-syntax -- a given day, and not the clock
  `<label>${name}<input type="${time ? 'datetime-local' : 'date'}" value="${new Date(86_400_000 * days).toISOString().slice(0, time ? 16 : 10)}" data-kind="date"></label>`;

const select = (name: string, categories: readonly string[]): string =>
  `<label>${name}<select data-kind="category">${categories
    .map((category, i) => `<option value="${i}">${escape(category)}</option>`)
    .join('')}<option value="-1">another, or unknown</option></select></label>`;

const SCRIPT = `
  const columns = input.encoding?.filter(({ kind }) => kind !== 'left out') ?? [];
  const fields = [...document.querySelectorAll('#row [data-kind]')];
  const { mean } = facts.normalization;
  function answerRow() {
    const values = [];
    let wrong;
    fields.forEach((field, i) => {
      const { categories = [], missing = 0 } = columns[i] ?? {};
      if (field.dataset.kind === 'category') {
        categories.forEach((_, place) => values.push(place === Number(field.value) ? 1 : 0));
        return;
      }
      if (field.dataset.kind === 'date') {
        const time = columns[i].time === true;
        const features = dateFeatures(field.value, 'ymd', time);
        for (let k = 0; k < (time ? 7 : 5); k++) values.push(features ? features[k] : mean[values.length % mean.length]);
        if (missing > 0) values.push(features ? 0 : 1);
        return;
      }
      const isWrong = !field.validity.valid;
      field.setAttribute('aria-invalid', String(isWrong));
      if (isWrong) wrong ??= field;
      const isMissing = field.value === '';
      values.push(isMissing ? mean[values.length % mean.length] : field.valueAsNumber);
      if (missing > 0) values.push(isMissing ? 1 : 0);
    });
    if (wrong) {
      say(wrong.parentElement.firstChild.textContent + ' needs a number');
      clearAnswer();
      return;
    }
    say('');
    show(ask(values, [1, 1, values.length]));
  }
  const form = byId('row');
  form.onsubmit = (event) => event.preventDefault();
  form.oninput = answerRow;
  form.onreset = () => setTimeout(answerRow);
  answerRow();
`;
