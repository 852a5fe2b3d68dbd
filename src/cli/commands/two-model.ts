/** `weft forgetting two-model`: the study of that name with its usual options as flags. */
import { WeftError } from '../../errors.js';
import { study, type StudyCommandOptions } from './study.js';

interface TwoModelCommandOptions extends StudyCommandOptions {
  readonly data: string;
  readonly regularizers?: string[];
  readonly alphas?: string[];
  readonly shared?: number;
  readonly target?: number;
  readonly seeds?: number;
}

/** Trains two models one after the other and writes curves, tables and a page. */
export function twoModel({
  data,
  regularizers,
  alphas,
  shared,
  target,
  seeds,
  ...options
}: TwoModelCommandOptions): Promise<void> {
  for (const [option, values] of Object.entries({ regularizers, alphas }))
    if (values?.some((value) => value.trim() === ''))
      throw new WeftError('config', `--${option} has an empty value`, 'leave the option out for the default');
  const chosen = {
    data,
    shared,
    target,
    seeds,
    ...(regularizers && { regularizers: `[${regularizers.join(', ')}]` }),
    ...(alphas && { alphas: `[${alphas.join(', ')}]` }),
  };
  const set = Object.entries(chosen).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return study('two-model', { ...options, set: [...set, ...(options.set ?? [])] });
}
