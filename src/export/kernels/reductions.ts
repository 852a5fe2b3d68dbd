/** Reductions, and normalizations over several values. */
import { bool, type as dtype } from '../graph-def.js';
import { shapeOf } from '../program.js';
import { inOrder, type Writer } from './writer.js';

/** Along the axes that an attribute lists; all of them by default. */
const reduction =
  (op: string, attribute = 'axis'): Writer =>
  ({ add, inputs, constant, step: { attributes, inputs: values } }) => {
    const axes = attributes[attribute] as number | readonly number[] | null | undefined;
    const list = axes == null ? Array.from(shapeOf(values['x']!).keys()) : [axes].flat();
    return add(op, [inputs['x']!, constant([list.length], list)], { keep_dims: bool(attributes['keepDims']) });
  };

const position =
  (op: string): Writer =>
  ({ add, inputs, integers }) =>
    add(op, [inputs['x']!, integers('axis')], { output_type: dtype('int32') });

export const REDUCTIONS: Readonly<Record<string, Writer>> = {
  All: reduction('All'),
  Any: reduction('Any'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Max: reduction('Max', 'reductionIndices'),
  Mean: reduction('Mean'),
  Min: reduction('Min'),
  Prod: reduction('Prod'),
  Softmax: inOrder('Softmax'),
  Sum: reduction('Sum'),
};
