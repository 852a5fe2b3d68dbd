/** Tables with a class or a number to predict in each row: comma, semicolon or tab, header optional, gzipped or not. */
import { WeftError, unknownNameHint } from '../errors.js';
import { placeOfName, requireDifferentNames, requireDifferentNumbers } from './class-names.js';
import { defineDataset, exampleSize, type Dataset, type InputShape } from './dataset.js';
import { type Column } from './csv/encoding.js';
import { answerIn, labelsIn, rarestFlag } from './multi-label.js';
import { type Charset } from './csv/decode.js';
import { doubleIn } from './csv/fields.js';
import { decimalMarks } from './csv/decimal-marks.js';
import { type LabelColumn, readTable, type Table } from './csv/table.js';
import { type LabelColumns } from './csv/label-column.js';
import { areMeasured, type LabelKind, whyTargets } from './csv/task.js';
import { strataOf, stratumOf } from './targets.js';

export interface CsvOptions {
  /**
   * Column of the class: its name in the header, or its index from 0 (negative: from the end). Default: the column
   * named `label`, `class` or `target`, otherwise the last. Several columns are several targets.
   */
  readonly label?: LabelColumns;
  /** Separator between several labels in one field; each label is then either present or absent. */
  readonly labelSeparator?: string;
  /**
   * Whether the label is a class or a number to predict; `auto` infers it from the values. Default: a class; labels
   * that clearly are not classes are refused.
   */
  readonly task?: LabelKind;
  /** Whether the first line is a header. Default: inferred from its content. */
  readonly header?: boolean;
  /**
   * The text encoding, if it is not UTF-8 (or UTF-16, which is recognized by its first bytes): `latin1` as Windows
   * writes it.
   */
  readonly charset?: Charset;
  /** The bytes of the table, if it is not a file: its path then serves only as a name. */
  readonly content?: Uint8Array;
  /** Whether a table with a single column is accepted, as for a series. Default false. */
  readonly oneColumn?: boolean;
  /** Columns to leave out, by their names in the header. */
  readonly ignore?: readonly string[];
  /** [height, width, channels] of a row that is an image, in row-major order. Default: [1, 1, columns]. */
  readonly imageShape?: InputShape;
  /** The possible classes of a label, in the order of a network's outputs. Default: those that occur. */
  readonly classNames?: readonly string[];
  /** The encoding of each column besides the label, as a network was trained on it. Default: inferred from all rows. */
  readonly encoding?: readonly Column[];
}

/** Reads a CSV file, and optionally a second one as the test part. Labels may be any text. */
export function readCsv(path: string, name: string, options: CsvOptions = {}, testPath?: string): Dataset {
  const train = readTable(path, options);
  // The test part is read like the training part, whatever occurs in it.
  const same = train.encoding && { encoding: train.encoding };
  const test = testPath === undefined ? undefined : readTable(testPath, { ...options, ...same });
  if (test && !train.encoding) requireSameColumns(train, path, test, testPath!);
  return ofTables({ table: train, path }, test && { table: test, path: testPath! }, name, options);
}

interface TableFile {
  readonly table: Table;
  readonly path: string;
}

/** The data set of a table, optionally with another table as the test part. */
export function ofTables(
  { table: train, path }: TableFile,
  test: TableFile | undefined,
  name: string,
  options: Pick<CsvOptions, 'task' | 'imageShape' | 'classNames' | 'labelSeparator'>,
): Dataset {
  const inputShape = options.imageShape ?? ([1, 1, train.features] as const);
  if (exampleSize(inputShape) !== train.features)
    throw new WeftError(
      'data',
      `${path}: ${train.features} numbers per row do not fill the image shape [${inputShape.join(', ')}]`,
      'height x width x channels must equal the number of columns without the label',
    );
  const common = {
    name,
    inputShape,
    ...(train.header && {
      columns: train.header.filter((_, column) => !outputsOf(train).some((one) => one.column === column)),
    }),
    ...(train.encoding && { encoding: train.encoding }),
    sources: [train, ...(test ? [test.table] : [])].map(({ source }) => source),
  };
  const outputs = outputsOf(train);
  const several = outputs.length > 1;
  if (options.labelSeparator !== undefined || (several && options.task !== 'regression')) {
    const flags = readFlags({ table: train, path }, test, options);
    if (flags) {
      const { names, reason } = flags;
      const labelled = ({ table }: TableFile, targets: Float64Array) => ({
        images: table.values,
        labels: rarestFlag(targets, names.length),
        targets,
      });
      return defineDataset(
        {
          ...common,
          classes: names.length + 1,
          targets: { names, areFlags: true, reason },
          train: labelled({ table: train, path }, flags.train),
          test: test && labelled(test, flags.test!),
        },
        path,
      );
    }
  }
  const why =
    options.task === 'auto' && !several ? whyTargets(train.labels, train.labelOf.length, train.separator) : undefined;
  if (options.task === 'regression' || several || why !== undefined) {
    const of = (file: TableFile): { images: Table['values']; targets: Float64Array } => ({
      images: file.table.values,
      targets: targetsOf(file),
    });
    const trained = of({ table: train, path });
    const tested = test && of(test);
    const size = outputs.length;
    // A data set used to evaluate a finished network may have a single row or a single value.
    const bounds = strataOf(trained.targets, size);
    const labelled = (part: typeof trained) => ({ ...part, labels: stratumOf(part.targets, size, bounds) });
    return defineDataset(
      {
        ...common,
        classes: bounds.length + 1,
        targets: {
          names: outputs.map((output) => nameOf(train, output)),
          ...(why !== undefined && { reason: why }),
        },
        train: labelled(trained),
        test: tested && labelled(tested),
      },
      path,
    );
  }
  const classNames = options.classNames ?? classesOf(train, path, options.task);
  const classOf = new Map(classNames.map((label, index) => [label, index]));
  const imagesAndLabels = ({ table, path: file }: TableFile): { images: Table['values']; labels: Int32Array } => {
    const classes = table.labels.map(({ text, line }) => {
      const index = classOf.get(text) ?? placeOfName(text, classNames);
      if (index < 0)
        throw new WeftError(
          'data',
          `${file}: ${table.unit} ${line}: class '${text}' ${options.classNames ? 'is not one that the network knows' : `does not occur in ${path}`}`,
          unknownNameHint(text, classNames.slice(0, 20)),
        );
      return index;
    });
    return { images: table.values, labels: table.labelOf.map((label) => classes[label]!) };
  };
  return defineDataset(
    {
      ...common,
      classes: classNames.length,
      classNames,
      partial: options.classNames !== undefined,
      train: imagesAndLabels({ table: train, path }),
      test: test && imagesAndLabels(test),
    },
    path,
  );
}

function requireSameColumns(train: Table, path: string, test: Table, testPath: string): void {
  const label = outputsOf(train)
    .map(({ column }) => train.header?.[column])
    .find((name) => name !== undefined && test.header && !test.header.includes(name));
  if (label !== undefined)
    throw new WeftError(
      'data',
      `${testPath}: no column is named '${label}', which is the label in ${path}`,
      'a table without labels cannot be a test part: give only the path of the training table',
    );
  if (test.features !== train.features)
    throw new WeftError(
      'data',
      `${testPath}: ${test.features} numbers per row, but ${train.features} in ${path}`,
      'training and test tables need the same columns',
    );
  const moved = train.header && test.header ? train.header.findIndex((column, i) => column !== test.header![i]) : -1;
  if (moved >= 0)
    throw new WeftError(
      'data',
      `${testPath}: column ${moved + 1} is '${test.header![moved]}', but '${train.header![moved]}' in ${path}`,
      'training and test tables need the same columns in the same order',
    );
}

interface Flags {
  readonly names: readonly string[];
  readonly reason: string;
  /** Row-major [rows, names], 1 if the label is present. */
  readonly train: Float64Array;
  readonly test: Float64Array | undefined;
}

/**
 * Multi-label flags; undefined if several columns contain values other than yes and no and are not declared as labels.
 */
function readFlags(
  train: TableFile,
  test: TableFile | undefined,
  { labelSeparator, task, classNames }: Pick<CsvOptions, 'task' | 'classNames' | 'labelSeparator'>,
): Flags | undefined {
  const outputs = outputsOf(train.table);
  if (labelSeparator === undefined) {
    const isFlag = ({ labels }: LabelColumn): boolean => labels.every(({ text }) => answerIn(text) !== undefined);
    if (task !== 'classification' && !outputs.every(isFlag)) return undefined;
    return {
      names: outputs.map((output) => nameOf(train.table, output)),
      reason: `${outputs.length} columns of yes and no`,
      train: flagColumns(train),
      test: test && flagColumns(test),
    };
  }
  if (task === 'regression' || outputs.length > 1)
    throw new WeftError(
      'config',
      `data.labelSeparator says that one column has several labels, but ${task === 'regression' ? 'data.task is regression' : 'data.label names several columns'}`,
      'leave one of them out',
    );
  const names =
    classNames ?? [...new Set(train.table.labels.flatMap(({ text }) => labelsIn(text, labelSeparator)))].sort();
  if (names.length < 2)
    throw new WeftError(
      'data',
      `${train.path}: with '${labelSeparator}' between them, the label column has ${names.length === 0 ? 'no label' : `no label but '${names[0]}'`}`,
      'check data.label and data.labelSeparator',
    );
  if (!classNames)
    requireDifferentNames(
      names.map((name) => ({ name, place: `the label column` })),
      train.path,
    );
  const flagsOf = ({ table, path }: TableFile): Float64Array => {
    const rows = table.labels.map(({ text, line }) => {
      const row = new Float64Array(names.length);
      for (const one of labelsIn(text, labelSeparator)) {
        const at = placeOfName(one, names);
        if (at < 0)
          throw new WeftError(
            'data',
            `${path}: ${table.unit} ${line}: label '${one}' ${classNames ? 'is not one that the network knows' : `does not occur in ${train.path}`}`,
            unknownNameHint(one, names.slice(0, 20)),
          );
        row[at] = 1;
      }
      return row;
    });
    const flags = new Float64Array(table.labelOf.length * names.length);
    table.labelOf.forEach((label, i) => flags.set(rows[label]!, i * names.length));
    return flags;
  };
  return {
    names,
    reason: `several labels per row, with '${labelSeparator}' between them`,
    train: flagsOf(train),
    test: test && flagsOf(test),
  };
}

/** Columns of yes and no, row-major. Throws WeftError('data') naming the line of a value that is neither. */
function flagColumns({ table, path }: TableFile): Float64Array {
  const outputs = outputsOf(table);
  const flags = new Float64Array(outputs.length * table.labelOf.length);
  outputs.forEach((output, at) => {
    const { labels, labelOf } = output;
    const answers = labels.map(({ text, line }) => {
      const answer = answerIn(text);
      if (answer === undefined)
        throw new WeftError(
          'data',
          `${path}: ${table.unit} ${line}: '${text.slice(0, 40)}' in the label column '${nameOf(table, output)}' means neither yes nor no`,
          'write 1 or 0 (true or false, yes or no), or set data.task: regression to predict numbers',
        );
      return answer;
    });
    labelOf.forEach((label, row) => (flags[row * outputs.length + at] = answers[label]!));
  });
  return flags;
}

/** The columns to predict. */
const outputsOf = ({ outputs, labelColumn, labels, labelOf }: Table): readonly LabelColumn[] =>
  outputs ?? [{ column: labelColumn, labels, labelOf }];

const nameOf = ({ header, labelName }: Table, { column, name }: LabelColumn): string =>
  name ?? labelName ?? header?.[column] ?? `column ${column + 1}`;

/** The targets, row-major [rows, outputs]. Throws WeftError('data') naming the line of a value that is not a number. */
function targetsOf({ table, path }: TableFile): Float64Array {
  const { header, separator, unit } = table;
  const decimals = decimalMarks(separator, path);
  const outputs = outputsOf(table);
  const targets = new Float64Array(outputs.length * outputs[0]!.labelOf.length);
  outputs.forEach(({ column, labels, labelOf }, at) => {
    const values = labels.map(({ text, line }) => {
      const value = doubleIn(text, separator);
      if (value === undefined)
        throw new WeftError(
          'data',
          `${path}: ${unit} ${line}: '${text.slice(0, 40)}' in the label column${header ? ` '${header[column]}'` : ''} is not a number, but numbers are to be predicted`,
          outputs.length > 1
            ? 'fix it, remove the row, or name only columns of numbers: data.label'
            : 'fix it, remove the row, or set data.task: classification if the labels are classes',
        );
      decimals.see(text, line);
      return value;
    });
    labelOf.forEach((label, row) => (targets[row * outputs.length + at] = values[label]!));
  });
  return targets;
}

/**
 * The distinct labels, sorted by value if all are numbers, otherwise by code point. Throws WeftError('data') for labels
 * that are not classes, or that may denote the same class.
 */
export function classesOf(
  {
    labels,
    labelOf,
    unit,
    separator,
  }: Pick<Table, 'labels' | 'unit' | 'separator'> & { readonly labelOf: ArrayLike<unknown> },
  path: string,
  task: LabelKind | undefined,
): string[] {
  const names = labels.map(({ text }) => text);
  const numberOf = (name: string): number | undefined => doubleIn(name, separator);
  const numeric = names.every((name) => numberOf(name) !== undefined);
  const measured = task !== 'classification' && areMeasured(labels, separator);
  if (measured || names.length > Math.max(2, labelOf.length / 2))
    throw new WeftError(
      'data',
      `${path}: ${names.length} different labels in ${labelOf.length} rows are ${measured ? 'values, ' : ''}not classes`,
      'check which column is the label (data.label), or predict its numbers: data.task: regression',
    );
  const places = labels.map(({ text, line }) => ({ name: text, place: `${unit} ${line}` }));
  requireDifferentNames(places, path);
  requireDifferentNumbers(places, path, separator);
  return numeric ? names.sort((a, b) => numberOf(a)! - numberOf(b)!) : names.sort();
}
