/** The candidate values of a hyper-parameter, and their positions on its scale. */
import { type HyperparameterRange, type HyperparameterValues } from '../../config/hyperparameters-schema.js';

export type HyperparameterValue = HyperparameterValues[number];

/** A value for each path. */
export type Hyperparameters = Readonly<Record<string, HyperparameterValue>>;

/** A configuration field with its candidate values. */
export interface Hyperparameter {
  /** Its path in the configuration, for example `retrain.optimizer.learningRate`. */
  readonly path: string;
  readonly values: readonly HyperparameterValue[];
  /**
   * For numbers from a range, their positions on the scale from 0 to 1, ascending; undefined for a list of values,
   * which has no order.
   */
  readonly places?: readonly number[];
  /** Whether the field exists with these values, which the names above it decide; by default it always does. */
  readonly applies?: (chosen: Hyperparameters) => boolean;
}

/**
 * Number of values in a range: a hundredth of it is finer than short trainings can distinguish, and strategies choose
 * among finitely many.
 */
const COUNT = 101;

/** The hyper-parameter for a range or a list of values. */
export function hyperparameter(path: string, searched: HyperparameterRange | HyperparameterValues): Hyperparameter {
  if (Array.isArray(searched)) return { path, values: searched };
  return { path, ...(searched.integer ? wholeNumbers(searched) : numbers(searched)) };
}

/** The values whose fields exist with the others: momentum is dropped if the optimizer is adam. */
export function applying(hyperparameters: readonly Hyperparameter[], values: Hyperparameters): Hyperparameters {
  const chosen: Record<string, HyperparameterValue> = {};
  for (const { path, applies } of namesFirst(hyperparameters))
    if (applies?.(chosen) ?? true) chosen[path] = values[path]!;
  return Object.fromEntries(
    hyperparameters.flatMap(({ path }) => (Object.hasOwn(chosen, path) ? [[path, chosen[path]!]] : [])),
  );
}

/** Names before the fields that depend on them, which are at the same depth of the configuration or deeper. */
export function namesFirst<T extends Pick<Hyperparameter, 'path'>>(hyperparameters: readonly T[]): T[] {
  const depth = ({ path }: T): number => 2 * path.split('.').length - Number(isName(path));
  return hyperparameters.toSorted((a, b) => depth(a) - depth(b));
}

/** Whether the field names a part, and so decides which options there are next to it. */
export const isName = (path: string): boolean => path.endsWith('.name');

type Range = Pick<HyperparameterRange, 'min' | 'max' | 'scale'>;
type Scaled = Required<Pick<Hyperparameter, 'places'>> & { readonly values: readonly number[] };

/** Evenly spaced on the scale, including both ends, all equally likely. */
function numbers(range: Range): Scaled {
  return {
    values: shortest(grid(range), range),
    places: Array.from({ length: COUNT }, (_, i) => (i + 0.5) / COUNT),
  };
}

/**
 * All whole numbers, or a hundred of them along the scale; the probability of each is the part of the scale that rounds
 * to it.
 */
function wholeNumbers(range: Range): Scaled {
  const values = [...new Set(grid(range).map(Math.round))];
  const [low, high] = [range.min - 0.5, range.max + 0.5].map((end) => onto(range, end)) as [number, number];
  return { values, places: values.map((value) => (onto(range, value) - low) / (high - low)) };
}

const onto = ({ scale }: Range, value: number): number => (scale === 'log' ? Math.log(value) : value);

/** Points of the range, evenly spaced on its scale. */
function grid(range: Range): number[] {
  const [low, high] = [onto(range, range.min), onto(range, range.max)];
  return Array.from({ length: COUNT }, (_, i) => {
    const point = low + (i / (COUNT - 1)) * (high - low);
    return range.scale === 'log' ? Math.exp(point) : point;
  });
}

/**
 * The numbers rounded to the fewest digits that keep them distinct, at least three, between the exact ends of the
 * range.
 */
function shortest(points: readonly number[], { min, max }: Range): number[] {
  for (let digits = 3; ; digits++) {
    const rounded = points.map((point) => (digits > 17 ? point : Number(point.toPrecision(Math.min(digits, 17)))));
    const values = [min, ...rounded.slice(1, -1), max];
    if (digits > 17 || values.every((value, i) => i === 0 || value > values[i - 1]!)) return values;
  }
}
