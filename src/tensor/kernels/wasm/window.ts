/** Geometry that the gradients of windowed operations share. */
import { tf, type Tensor4D } from '../../library.js';

/** The attributes with which the library calls its gradient kernels, as far as they are used here. */
export interface WindowAttributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export type Geometry = tf.backend_util.Conv2DInfo;

export function geometry(
  x: number[],
  filter: number[],
  { strides, pad, dimRoundingMode }: WindowAttributes,
  depthwise: boolean,
): Geometry {
  const shapes = [x, filter] as [Tensor4D['shape'], Tensor4D['shape']];
  return tf.backend_util.computeConv2DInfo(...shapes, strides, 1, pad, dimRoundingMode, depthwise);
}

/** x with zeros around it, as the forward pass sees it. */
export function padded(x: Tensor4D, { padInfo: { top, bottom, left, right } }: Geometry): Tensor4D {
  return top + bottom + left + right === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]);
}
