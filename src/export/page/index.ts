/** A page for trying out an exported network. It needs only the files in the same folder. */
import { WeftError } from '../../errors.js';
import { type ModelFacts } from '../facts.js';
import { ANSWER } from './answer.js';
import { escape, type PageKind } from './kind.js';
import { picturePage } from './picture.js';
import { seriesPage } from './series.js';
import { STYLE } from './style.js';
import { tablePage } from './table.js';
import { textPage } from './text.js';

/** Whether there is a page for this kind of input. */
export const hasPage = ({ input }: ModelFacts): boolean => input.kind !== 'array';

/** The page; throws WeftError('export') for inputs that no page supports. */
export function demoPage(facts: ModelFacts): string {
  const { question, form, result = '', script } = kindOf(facts);
  const title = escape(facts.data ? `${facts.data.name}: try the network` : `${facts.space}: try the network`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
  <h1>${title}</h1>
  <p class="lead">${escape(leadOf(facts))}</p>
</header>
<p id="message" role="alert"></p>
<main>
  <section aria-labelledby="question">
    <h2 id="question">${question}</h2>
    ${form}
    <div id="live" aria-hidden="true"></div>
  </section>
  <section aria-labelledby="answer">
    <h2 id="answer">${facts.level ? 'What comes next' : 'The answer'}</h2>
    <p id="headline" role="status"><span>no answer yet</span></p>
    <ol id="bars" aria-label="${facts.multiLabel ? 'Probability of each label' : 'Probabilities'}, the largest first"${facts.targets ? ' hidden' : ''}></ol>
    <button id="more" class="plain" hidden></button>
    ${result}
  </section>
</main>
<footer>
  <p>${escape(limitOf(facts))} Everything is computed in this browser; nothing is sent anywhere. <a href="MODEL.md">MODEL.md</a> says more about the network, <a href="README.md">README.md</a> how to use it in programs.</p>
</footer>
<script src="tf.min.js"></script>
<script type="module">${ANSWER}${script}
  document.body.dataset.ready = 'true';
</script>
</body>
</html>
`;
}

function kindOf(facts: ModelFacts): PageKind {
  const { input } = facts;
  switch (input.kind) {
    case 'picture':
      return picturePage(input, facts);
    case 'table':
      return tablePage(input, facts);
    case 'text':
      return textPage(input);
    case 'series':
      return seriesPage(input, facts);
    case 'array':
      throw new WeftError('export', 'there is no page for inputs of this shape', 'use the exported files in a program');
  }
}

const MOST_NAMED = 8;

/** A description of the inputs, and of the network's accuracy. */
function leadOf({ classNames, multiLabel, targets, level, space, results, data }: ModelFacts): string {
  const found = `A network found in the search space ${space}`;
  if (level)
    return `${found}. It has learned ${classNames.length} ${level === 'char' ? 'characters' : 'words'} and predicts which comes next.`;
  if (targets) {
    const [tested] = results?.test?.targets ?? [];
    const error = tested
      ? ` Its root mean squared error on ${data?.parts['test'] ?? 'the'} test examples was ${Number(tested.rmse.toPrecision(4))}.`
      : '';
    return `${found}. It predicts ${targets.names.join(', ')}.${error}`;
  }
  const named =
    classNames.length <= MOST_NAMED ? `${classNames.join(', ')}.` : `${classNames.slice(0, MOST_NAMED).join(', ')} …`;
  if (multiLabel) {
    const { labels } = results?.test ?? {};
    return `${found}. It predicts which of ${classNames.length} labels hold: ${named}${labels ? ` Its macro F1 on ${data?.parts['test'] ?? 'the'} test examples was ${labels.macroF1.toFixed(3)}.` : ''}`;
  }
  const accuracy = results?.test?.accuracy;
  const tested =
    accuracy === undefined
      ? ''
      : ` It was right on ${(100 * accuracy).toFixed(1)}\u00a0% of ${data?.parts['test'] ?? 'the'} test examples${majorityOf(results)}.`;
  return `${found}. It distinguishes ${classNames.length} classes: ${named}${tested}`;
}

/** The baseline for a result: always predicting the most frequent class. */
function majorityOf(results: ModelFacts['results']): string {
  const { assessment } = results ?? {};
  const majority = assessment && 'majority' in assessment ? assessment.majority : undefined;
  return majority
    ? `; always answering with the most frequent class is right on ${(100 * majority.accuracy).toFixed(1)}\u00a0%`
    : '';
}

const limitOf = ({ level, targets, multiLabel }: ModelFacts): string =>
  targets
    ? 'The network always answers with a number, even for inputs far from its training data.'
    : level
      ? 'The network imitates its training text: nothing that it writes is checked.'
      : multiLabel
        ? 'A label is predicted if its probability is at least one half; no other labels are ever predicted.'
        : 'The answer is always one of the classes, even if none of them is right.';
