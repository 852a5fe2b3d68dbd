/** The top of the report: what was searched, what was found, and anything remarkable about it. */
import { wilsonInterval } from '../../statistics/index.js';
import { findAlarms } from '../alarms.js';
import { type EventLog } from '../event-log.js';
import { ABSENT, decimal, duration, hugeInteger, integer, isNumber, percent, plural, significant } from '../format.js';
import { lookUp, type ReportInput } from '../input.js';
import { measureOf } from '../measure.js';
import { howToRead } from './how-to-read.js';
import { type Content, html, type Markup } from './markup.js';
import { accuracyGrade } from './accuracy-grade.js';

export function overview(input: ReportInput, log: EventLog): Markup {
  return html`<header><p class="eyebrow">Architecture search report</p>
<h1>${nameOf(input)}</h1>
<p class="sub">${searched(input, log)}</p>
${verdict(input, log)}
${tiles(input, log)}
${howToRead(log)}
${alarms(input, log)}
</header>
`;
}

export function nameOf({ manifest }: ReportInput): string {
  return String(lookUp(manifest, 'name') ?? 'A run without a name');
}

function searched({ config }: ReportInput, log: EventLog): string {
  const started = log.last('search-started');
  const data = shortName(lookUp(config, 'data', 'source'));
  const facts = started
    ? [
        started.space,
        `${hugeInteger(String(started.size))} architectures`,
        `${started.controller} controller`,
        `seed ${started.seed}`,
      ]
    : [
        shortName(lookUp(config, 'space', 'name')),
        log.last('retrain-started') ? 'one architecture, given by hand' : 'not started yet',
      ];
  return [...facts, data !== undefined && `data ${data}`].filter(Boolean).join(' · ');
}

/** A name as it is; for a path, only its last part: the folder of a file is private. */
export function shortName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  return name.split(/[\\/]/).filter(Boolean).at(-1) ?? name;
}

/** The test result, stated no more strongly than its sample size allows, and how the network was found. */
function verdict({ summary }: ReportInput, log: EventLog): Markup {
  const tested = log.last('tested');
  const perplexity = tested?.perplexity ?? lookUp(summary, 'test', 'perplexity');
  if (isNumber(perplexity)) return languageVerdict(perplexity, log);
  if (tested?.targets) return valueVerdict(log);
  if (tested?.labels)
    return html`<div class="verdict open"><span class="big">${decimal(tested.labels.macroF1)}</span><div>
<p><strong>is the macro F1 (the mean over labels) of the ${log.last('derived') ? 'network that was found' : 'trained network'} on ${integer(tested.count)} test examples</strong>. All labels are right for ${percent(tested.labels.exactMatch)} of them. It was tested once, on examples that it had never seen, neither in the search nor in training.</p>
<p class="sub">${howFound(log)}</p></div></div>`;
  if (tested && isNumber(tested.accuracy)) {
    const [low, high] = wilsonInterval(tested.accuracy, tested.count);
    const grade = accuracyGrade(log);
    return html`<div class="verdict ${grade?.grade ?? 'open'}"><span class="big">${percent(tested.accuracy)}</span><div>
<p><strong>of ${integer(tested.count)} test examples are classified correctly by the ${log.last('derived') ? 'network that was found' : 'trained network'}</strong> (95\u00a0% interval over test examples ${percent(low)} to ${percent(high)}, of this one training; another seed may differ by more). It was tested once, on examples that it had never seen, neither in the search nor in training.</p>
${grade && html`<p>${grade.words}</p>\n`}<p class="sub">${howFound(log)}</p></div></div>`;
  }
  return html`<div class="verdict open"><div><p><strong>${log.last('search-finished') ? 'The network was not retrained, so there is no test result.' : 'There is no test result yet.'}</strong></p><p class="sub">${howFound(log)}</p></div></div>`;
}

/** For regression: the root mean squared error in the unit of the column. */
function valueVerdict(log: EventLog): Markup {
  const tested = log.last('tested');
  const targets = log.last('assessed-values')?.targets;
  return html`${(tested?.targets ?? []).map(({ name, rmse, mae, r2 }, i) => {
    const interval = targets?.[i]?.rmse?.interval;
    return html`<div class="verdict open"><span class="big">${significant(rmse)}</span><div>
<p><strong>is the root mean squared error in “${name}” of the ${log.last('derived') ? 'network that was found' : 'trained network'} on ${integer(tested?.count)} test examples</strong>${interval?.every(isNumber) && ` (95\u00a0% interval over test examples ${significant(interval[0])} to ${significant(interval[1])}, of this one training; another seed may differ by more)`}. The mean absolute error is ${significant(mae)}${isNumber(r2) && `, and ${percent(r2)} of the variance is predicted (R²)`}. It was tested once, on examples that it had never seen, neither in the search nor in training.</p>
<p class="sub">${howFound(log)}</p></div></div>`;
  })}`;
}

/** For a language model: bits per character if tokens are characters, otherwise the perplexity. */
function languageVerdict(perplexity: number, log: EventLog): Markup {
  const tested = log.last('tested');
  const bits = tested?.bitsPerCharacter;
  const [big, what] = isNumber(bits)
    ? [decimal(bits), 'bits per character']
    : [decimal(perplexity, 1), 'is the perplexity'];
  const details = [
    isNumber(bits) && `perplexity ${decimal(perplexity, 2)}`,
    isNumber(tested?.loss) && `${decimal(tested.loss)} nats per token`,
  ]
    .filter(Boolean)
    .join(', ');
  return html`<div class="verdict open"><span class="big">${big}</span><div>
<p><strong>${what} of the ${log.last('derived') ? 'network that was found' : 'trained network'} on the test text</strong>${details && ` (${details})`}${tested && `, of which every one of ${integer(tested.count)} tokens was predicted once from those before it`}. It was tested once, on text that it had never seen, neither in the search nor in training.</p>
<p class="sub">${howFound(log)}</p></div></div>`;
}

function howFound(log: EventLog): string {
  const { example } = measureOf(log);
  const started = log.last('search-started');
  const derived = log.last('derived');
  const retrain = log.last('retrain-started');
  const retrained = log.all('retrain-epoch').length;
  const epochs = log.all('epoch').length;
  return [
    started &&
      `Searched for ${plural(epochs, 'epoch')}${epochs < started.epochs ? ` of ${integer(started.epochs)}` : ''} over a supernet with ${integer(started.parameters)} shared weights, trained on ${integer(started.train)} ${example}s and rewarded on ${integer(started.validation)}.`,
    derived &&
      `Derived as the best of ${integer(derived.candidates)} candidates (${integer(derived.distinct)} different networks), evaluated with shared weights on ${plural(derived.batches, 'validation batch', 'validation batches')}.`,
    retrain &&
      retrained > 0 &&
      `Trained ${trainedFrom(log)} for ${plural(retrained, 'epoch')}${retrained < retrain.epochs ? ` of ${integer(retrain.epochs)}` : ''} on ${integer(retrain.examples)} ${example === 'token' ? 'windows of text per epoch' : 'examples'}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The initial weights of the network's training. */
function trainedFrom(log: EventLog): string {
  const start = log.last('warm-start');
  if (!start) return 'from scratch';
  return start.from === 'shared' ? 'from the shared weights' : 'from weights of another file';
}

function tiles({ summary }: ReportInput, log: EventLog): Markup {
  const started = log.last('search-started');
  const finished = log.last('search-finished');
  const memory = lookUp(summary, 'peakMemoryMB');
  const measure = measureOf(log);
  const entries: [string, string][] = [
    ['parameters of the network', integer(log.last('retrain-started')?.parameters ?? lookUp(summary, 'parameters'))],
    ['multiply-adds per example', integer(lookUp(summary, 'multiplyAdds'))],
    [`test ${measure.loss}`, decimal(log.last('tested')?.loss)],
    [`shared-weight ${measure.name}`, measure.show(log.last('derived')?.[measure.field])],
    ['weights of the supernet', integer(started?.parameters)],
    ['architectures evaluated', integer(finished?.evaluations)],
    ['gradients of batches, search', integer(finished?.gradientEvaluations.search)],
    ['gradients of batches, retraining', integer(finished?.gradientEvaluations.retrain)],
    ['time until the end of training', duration(lookUp(summary, 'elapsedSeconds'))],
    ['peak memory', isNumber(memory) ? `${integer(memory)} MB` : ABSENT],
  ];
  return html`<dl class="tiles">${entries.filter(([, value]) => value !== ABSENT).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function alarms({ manifest, space }: ReportInput, log: EventLog): Content {
  const budget = log.last('budget-reached');
  const shortened = log.last('retrain-budget-reached');
  const messages = [
    ...findAlarms(log, space, manifest).map(({ message }) => message),
    ...(budget
      ? [
          `The search ended after ${plural(budget.epoch + 1, 'epoch')}, so that the remaining phases fit into the time budget.`,
        ]
      : []),
    ...(shortened
      ? [
          `Retraining ended after ${integer(shortened.epochs)} of ${integer(shortened.of)} epochs: the time budget was used up.`,
        ]
      : []),
    ...log
      .all('environment-changed')
      .map(
        ({ changes }) =>
          `The search was continued under different conditions from those in which it began (${changes.map(({ what, before, now }) => `${what} ${before}, then ${now}`).join('; ')}): no single machine gives the same numbers.`,
      ),
    ...new Set(log.all('warning').map(({ message }) => String(message))),
  ];
  return (
    messages.length > 0 &&
    html`<div class="note"><h2>Worth knowing</h2><ul>${messages.map((message) => html`<li>${message}</li>`)}</ul></div>`
  );
}
