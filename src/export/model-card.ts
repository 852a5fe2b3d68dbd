/** MODEL.md: a description of an exported network, its training data, its quality, and its limitations. */
import { type Assessment } from '../search/assess.js';
import { type FlagAssessment } from '../search/assess-multi-label.js';
import { sayLabels } from '../search/label-measures.js';
import { wilsonInterval } from '../statistics/index.js';
import { type InputContract, type Measured, type ModelFacts, type Results } from './facts.js';
import { codeSpan, nameInText } from './markdown.js';

const MOST_CLASSES = 50;
const MOST_COLUMNS = 200;

/** The model card of a network (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
export function modelCard(facts: ModelFacts, generatedBy: string): string {
  return `${[
    `# ${nameInText(facts.data?.name ?? facts.space)}: model card`,
    overview(facts, generatedBy),
    trainedOn(facts),
    whatGoesIn(facts),
    resultsOf(facts) + calibrationOf(facts) + roundingOf(facts),
    limitsOf(facts),
    `## Licence\n\nNot stated. If you publish this network, state here under which licence it may be used, and check what the licence of its training data allows.`,
    `## How to use it\n\n[README.md](README.md) shows it for browsers, Node and other programs; ${codeSpan('weft predict FOLDER FILES')} runs it from the command line.`,
  ].join('\n\n')}\n`;
}

function overview(
  { space, architecture, classNames, multiLabel, targets, level, results }: ModelFacts,
  generatedBy: string,
): string {
  const task = level
    ? `predicts the next ${level === 'char' ? 'character' : 'word'} of a text, one of ${number(classNames.length)}`
    : targets
      ? `predicts ${targets.names.map(nameInText).join(', ')}`
      : multiLabel
        ? `predicts which of ${number(classNames.length)} labels hold`
        : `distinguishes ${number(classNames.length)} classes`;
  const size = results?.parameters === undefined ? '' : ` It has ${number(results.parameters)} parameters.`;
  const seed = results?.seed === undefined ? '' : ` The seed of the search was ${results.seed}.`;
  return `A neural network that ${task}. It was found by architecture search in the space ${codeSpan(space)} and trained from scratch: ${codeSpan(architecture)}.${size}${seed} Written by ${generatedBy}.`;
}

function trainedOn({ multiLabel, data, classNames, targets, change, level }: ModelFacts): string {
  const lines = ['## Training data', ''];
  if (!data) lines.push('Not recorded.');
  else {
    const unit = level ? 'tokens' : 'examples';
    lines.push(
      `${codeSpan(data.name)}: ${Object.entries(data.parts)
        .map(([part, count]) => `${number(count)} ${unit} in the part ${codeSpan(part)}`)
        .join(', ')}.`,
    );
    if (data.files.length > 0) {
      lines.push('', '| file | bytes | SHA-256 |', '| --- | ---: | --- |');
      for (const { name, bytes, sha256 } of data.files)
        lines.push(`| ${cell(name)} | ${number(bytes)} | \`${sha256}\` |`);
      lines.push('', 'The hash of a folder is that of the list of its files with their hashes.');
    }
  }
  if (targets)
    lines.push(
      '',
      targets.names
        .map((name, i) =>
          change
            ? `${nameInText(name)} is predicted as its change from the last row of the window, which the network adds to the last value; in the training part these changes have the standard deviation ${values([targets.std[i]!])}.`
            : `${nameInText(name)} has the mean ${values([targets.mean[i]!])} and the standard deviation ${values([targets.std[i]!])} in the training part.`,
        )
        .join(' '),
    );
  else if (!level)
    lines.push(
      '',
      `${multiLabel ? 'Labels' : 'Classes'}, in the order of the outputs: ${classNames.slice(0, MOST_CLASSES).map(nameInText).join(', ')}${classNames.length > MOST_CLASSES ? `, and ${number(classNames.length - MOST_CLASSES)} more, which are in \`model.json\`` : ''}.`,
    );
  return lines.join('\n');
}

function whatGoesIn({ input, inputShape, normalization }: ModelFacts): string {
  return [
    '## Inputs',
    '',
    ...inputLines(input, inputShape),
    ...(input.kind === 'text'
      ? []
      : [
          '',
          `Normalization, (x - mean) / deviation, is part of the network${normalization.mean.length <= 4 ? `: mean ${values(normalization.mean)}, deviation ${values(normalization.std)}` : ''}.`,
        ]),
    '',
    'The complete description for programs: `userDefinedMetadata` of `model.json`.',
  ].join('\n');
}

function inputLines(input: InputContract, inputShape: readonly number[]): string[] {
  switch (input.kind) {
    case 'picture':
      return [
        `Pictures as float32 [N, ${inputShape.join(', ')}], row by row, ${input.channels === 1 ? 'grey' : 'red, green, blue'}, from 0 (black) to ${input.white} (white). A picture of another size is converted in these steps, as the page and \`weft predict\` do:`,
        '',
        '1. decoded to 8 bits per channel (16 for a PNG with 16 bits), without applying colour profiles, and turned upright by its EXIF orientation;',
        '2. drawn on white where it is transparent;',
        `3. resized to ${input.height} x ${input.width}, each axis separately (the aspect ratio is not kept): ${input.resize}; rounded to whole levels;`,
        ...(input.grey ? [`4. converted to grey: ${input.grey}, rounded;`] : []),
        ...(input.white === 255 ? [] : [`${input.grey ? 5 : 4}. scaled from 0..255 to 0..${input.white}.`]),
      ];
    case 'table': {
      const { columns, encoding, charset } = input;
      const read = charset ? ` The tables were read as ${charset}.` : '';
      const intro = `Rows as float32 [N, ${inputShape.join(', ')}].${read}`;
      if (!encoding)
        return [
          `${intro} ${columns ? `The numbers are the columns ${columns.slice(0, MOST_COLUMNS).map(codeSpan).join(', ')}${columns.length > MOST_COLUMNS ? ', …' : ''}, in this order.` : 'The table had no header; the numbers are its columns in order, without the label.'} None may be missing.`,
        ];
      return [
        `${intro} They are computed from these columns, in this order:`,
        '',
        '| column | kind | becomes |',
        '| --- | --- | --- |',
        ...encoding
          .slice(0, MOST_COLUMNS)
          .map(
            ({ name, kind, missing = 0, categories = [], order, time, reason }, i) =>
              `| ${cell(name ?? `column ${i + 1}`)} | ${kind} | ${
                kind === 'left out'
                  ? `nothing (${reason ?? ''})`
                  : kind === 'date'
                    ? `days since 1970-01-01, then sine and cosine of its place in the year${time ? ', the week and the day' : ' and the week'} (2π days over 365.2425${time ? ', 7 and 1' : ' and 7'}), or their means where it is missing${missing > 0 ? '; then 1 where it is missing and 0 elsewhere' : ''}; written as ${order === 'dmy' ? 'day, month, year' : order === 'mdy' ? 'month, day, year' : 'year, month, day'}`
                    : kind === 'number'
                      ? missing > 0
                        ? 'the number, or the mean of the training data where it is missing; then 1 where it is missing and 0 elsewhere'
                        : 'the number, or the mean of the training data where it is missing'
                      : `a 1 for its category and 0 for the others, in the order ${categories.map(cell).join(', ')}; only zeros for any other`
              } |`,
          ),
        ...(encoding.length > MOST_COLUMNS ? [`| and ${encoding.length - MOST_COLUMNS} more | | |`] : []),
      ];
    }
    case 'text':
      return [
        `Windows of ${input.length} token ids as float32 [N, ${input.length}]: ${input.level === 'char' ? 'characters (Unicode code points)' : `words between white space, with ${codeSpan(input.endOfLine ?? '')} after each line`}. The id of a token is its place in \`classNames\`; 0 (${codeSpan(input.unknown)}) stands for all others. The network does not know what came before a window.`,
      ];
    case 'series': {
      const { window, horizon, columns, group, time } = input.series;
      return [
        `Windows of ${window} rows of a series as float32 [N, ${inputShape.join(', ')}], the oldest row first, of the columns ${columns.slice(0, MOST_COLUMNS).map(codeSpan).join(', ')}${columns.length > MOST_COLUMNS ? ', …' : ''} in this order. ${horizon === 0 ? 'The answer belongs to the last row.' : `The answer belongs to the row ${horizon === 1 ? 'that follows' : `${horizon} rows after the last one`}.`}${time === undefined ? '' : ` Rows are ordered by ${codeSpan(time)}.`}${group === undefined ? '' : ` ${codeSpan(group)} distinguishes the series.`} None may be missing. \`weft predict\` takes a table and predicts for the last window of each series.`,
      ];
    }
    case 'array':
      return [`float32 [N, ${inputShape.join(', ')}], values as in the data set.`];
  }
}

function resultsOf({ results, data, level }: ModelFacts): string {
  const lines = ['## Results', ''];
  const test = results?.test;
  if (!test) return [...lines, 'It was not tested.'].join('\n');
  const count = data?.parts['test'];
  if (level) {
    lines.push(
      `On a test text that was used once: ${[
        test.perplexity === undefined ? undefined : `perplexity ${test.perplexity.toFixed(2)}`,
        test.bitsPerCharacter === undefined ? undefined : `${test.bitsPerCharacter.toFixed(3)} bits per character`,
        `loss ${test.loss.toFixed(4)} nats per token`,
      ]
        .filter((one) => one !== undefined)
        .join(', ')}.`,
    );
    return lines.join('\n');
  }
  if (test.targets) return [...lines, ...numbersOf(test.targets, results.assessment, count)].join('\n');
  if (test.labels) return [...lines, ...labelsOf(test.labels, test.loss, results.assessment, count)].join('\n');
  const { accuracy } = test;
  if (accuracy !== undefined) {
    const interval = count === undefined ? undefined : wilsonInterval(accuracy, count);
    lines.push(
      `On ${count === undefined ? 'the' : number(count)} test examples, which were used once: accuracy ${percent(accuracy)}${interval ? ` (95 % interval over test examples: ${percent(interval[0])} to ${percent(interval[1])})` : ''}, loss ${test.loss.toFixed(4)} nats.`,
    );
  }
  return [...lines, ...besideSimpler(results.assessment, accuracy)].join('\n');
}

/** Whether the probabilities are calibrated, and why. */
function calibrationOf({ temperature, results }: ModelFacts): string {
  if (temperature === undefined) return '';
  const { calibration } = (results?.assessment ?? {}) as Partial<Assessment>;
  const error = calibration?.before
    ? ` (their expected calibration error on the test examples would be ${percent(calibration.before.error)})`
    : '';
  return `\n\nLogits are divided by the temperature ${values([temperature])} inside the network (not by the weights of \`model.safetensors\`), which was fitted on the validation part. It changes the probabilities but not the labels${error}.`;
}

const kilobytes = (bytes: number): string => `${number(Math.ceil(bytes / 1000))} kB`;
const milliseconds = (of: Measured): string => `${of.milliseconds.toPrecision(2)} ms`;

/** The effect of reduced precision, if any. */
function roundingOf({ rounding, level }: ModelFacts): string {
  if (!rounding) return '';
  const { weights, count, before, after, runtime } = rounding;
  const accuracy =
    before.accuracy === null || after.accuracy === null
      ? ''
      : `accuracy ${percent(after.accuracy)} instead of ${percent(before.accuracy)}, `;
  return `\n\nThe weights in \`model.json\` and \`model.onnx\` are rounded to ${weights === 'int8' ? '8 bits' : '16-bit floats'}; those in \`model.safetensors\` are not rounded. On the first ${number(count)} test ${level ? 'tokens' : 'examples'} this gives ${accuracy}loss ${after.loss.toFixed(4)} instead of ${before.loss.toFixed(4)}. The weights of \`model.json\` take ${kilobytes(after.bytes)} instead of ${kilobytes(before.bytes)}; one example takes ${milliseconds(after)} instead of ${milliseconds(before)} in ${runtime} on the machine of the export, because it is computed in 32-bit floats all the same.`;
}

function besideSimpler(assessment: Results['assessment'], accuracy: number | undefined): string[] {
  if (!assessment || 'targets' in assessment || 'names' in assessment) return [];
  const {
    majority,
    simpleModels = [],
    balancedAccuracy,
    macroF1,
    auc,
    calibrationError,
  } = assessment as Partial<Assessment>;
  // The name of the majority class comes from the data.
  const rivals = [...(majority ? [{ ...majority, name: cell(majority.name) }] : []), ...simpleModels];
  const best = simpleModels[0];
  const measures = [
    balancedAccuracy === undefined ? undefined : `balanced accuracy ${percent(balancedAccuracy)}`,
    macroF1 === undefined ? undefined : `macro F1 ${macroF1.toFixed(3)}`,
    auc === undefined ? undefined : `area under the ROC curve ${auc.toFixed(3)}`,
    calibrationError === undefined ? undefined : `expected calibration error ${percent(calibrationError)}`,
  ].filter((one) => one !== undefined);
  return [
    '',
    '| model | test accuracy | network better by (points), 95 % interval |',
    '| --- | ---: | --- |',
    `| this network | ${accuracy === undefined ? '' : percent(accuracy)} | |`,
    ...rivals.map(
      ({ name, accuracy, difference, interval }) =>
        `| ${name} | ${percent(accuracy)} | ${points(difference)} (${points(interval[0])} to ${points(interval[1])}) |`,
    ),
    '',
    ...(best
      ? [
          best.interval[0] > 0
            ? `It is better than the best of the simple models, ${best.name}.`
            : `That it is better than ${best.name} cannot be claimed: prefer the simple model unless the network has other merits.`,
          'The simple models have fixed settings. The best of them is selected on the test part, which favours it. Intervals are over test examples, paired; they say nothing about another training.',
        ]
      : []),
    ...(measures.length > 0 ? ['', `Also: ${measures.join(', ')}.`] : []),
  ];
}

/** For multi-label data: how well each label is predicted, compared with its more frequent value and simple models. */
function labelsOf(
  tested: NonNullable<NonNullable<Results['test']>['labels']>,
  loss: number,
  assessment: Results['assessment'],
  count: number | undefined,
): string[] {
  const { names, labels, accuracy, usual, simpleModels = [] } = (assessment ?? {}) as Partial<FlagAssessment>;
  const share = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3));
  return [
    `On ${count === undefined ? 'the' : number(count)} test examples, which were used once: ${sayLabels(tested)}, loss ${loss.toFixed(4)} nats per label. A label is predicted if its probability is at least one half.`,
    ...(names && labels
      ? [
          '',
          '| label | holds for | precision | recall | F1 | area under the ROC curve | average precision |',
          '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
          ...labels.map(
            (one, i) =>
              `| ${cell(names[i]!)} | ${number(one.count)} | ${share(one.precision)} | ${share(one.recall)} | ${share(one.f1)} | ${share(one.auc)} | ${share(one.averagePrecision)} |`,
          ),
        ]
      : []),
    ...(usual && accuracy !== undefined
      ? [
          '',
          '| model | right answers | macro F1 | network better by (points), 95 % interval |',
          '| --- | ---: | ---: | --- |',
          `| this network | ${percent(accuracy)} | ${tested.macroF1.toFixed(3)} | |`,
          ...[usual, ...simpleModels].map(
            (one) =>
              `| ${one.name} | ${percent(one.accuracy)} | ${one.macroF1.toFixed(3)} | ${points(one.difference)}${one.interval ? ` (${points(one.interval[0])} to ${points(one.interval[1])})` : ''} |`,
          ),
        ]
      : []),
  ];
}

/** For regression: the errors, compared with the mean and simple models. */
function numbersOf(
  tested: NonNullable<NonNullable<Results['test']>['targets']>,
  assessment: Results['assessment'],
  count: number | undefined,
): string[] {
  const known = assessment && 'targets' in assessment ? (assessment.targets ?? []) : [];
  return tested.flatMap(({ name, rmse, mae, r2 }, i) => {
    const { mean, simpleModels = [], rmse: estimated } = known[i] ?? {};
    const [best] = simpleModels;
    const range = estimated?.interval;
    const rivals = [...(mean ? [mean] : []), ...simpleModels];
    return [
      `${nameInText(name)} on ${count === undefined ? 'the' : number(count)} test examples, which were used once: root mean squared error ${values([rmse])}${range ? ` (95 % interval over test examples: ${values([range[0]])} to ${values([range[1]])})` : ''}, mean absolute error ${values([mae])}${r2 === undefined ? '' : `, R² ${r2.toFixed(3)}`}.`,
      ...(rivals.length === 0
        ? []
        : [
            '',
            '| model | root mean squared error | R² | R² of the network higher by, 95 % interval |',
            '| --- | ---: | ---: | --- |',
            `| this network | ${values([rmse])} | ${r2 === undefined ? '' : r2.toFixed(3)} | |`,
            ...rivals.map(
              (one) =>
                `| ${one.name} | ${values([one.rmse])} | ${one.r2?.toFixed(3) ?? ''} | ${one.difference?.toFixed(3) ?? ''}${one.interval ? ` (${one.interval[0].toFixed(3)} to ${one.interval[1].toFixed(3)})` : ''} |`,
            ),
            '',
            ...(best
              ? [
                  best.interval && best.interval[0] > 0
                    ? `It is better than the best of the simple models, ${best.name}.`
                    : `That it is better than ${best.name} cannot be claimed: prefer the simple model unless the network has other merits.`,
                ]
              : []),
          ]),
    ];
  });
}

function limitsOf({ input, targets, multiLabel, level }: ModelFacts): string {
  const wrong = targets ? 'may be wrong' : 'may be wrong, even with a high probability';
  const own =
    input.kind === 'picture'
      ? 'Images that were taken, drawn or cropped differently from the training images may be classified wrongly, even with a high probability. JPEG decoders differ by single levels, so answers may differ in the last digits.'
      : input.kind === 'table'
        ? `Predictions for rows from another population, or with numbers outside the range of the training data, ${wrong}.`
        : level
          ? 'It imitates its training text; nothing that it writes is checked.'
          : `Predictions for inputs from other sources than the training data ${wrong}.`;
  return [
    '## Limits',
    '',
    level
      ? ''
      : targets
        ? '- The answer is always a number; the network does not say how certain it is.'
        : multiLabel
          ? '- Labels other than those above are never predicted.'
          : '- The answer is always one of the classes above, even if none of them is right.',
    `- ${own}`,
    '- The test part comes from the same source as the training data: results on other data may be worse.',
    '- Whether it treats groups of people equally was not examined. It must not be used to make decisions about people.',
  ]
    .filter((line, i) => i < 2 || line !== '')
    .join('\n');
}

/** In a table a vertical bar would end the cell. */
const cell = (text: string): string => nameInText(text).replaceAll('|', '\\|');
const number = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (difference: number): string =>
  `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`.replace('+0.0', '0.0').replace('−0.0', '0.0');
const values = (numbers: readonly number[]): string => numbers.map((value) => Number(value.toPrecision(5))).join(', ');
