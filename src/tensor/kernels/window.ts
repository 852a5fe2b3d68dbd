/** Pooling windows in the form that the native backend takes. */
import { intAttribute, memoize, stringAttribute, T, type OpAttribute } from './raw-op.js';

export interface Window {
  size: number;
  stride: number;
  padding: 'same' | 'valid';
}

const attributesOf = memoize((size: number, stride: number, padding: string): OpAttribute[] => [
  T,
  intAttribute('ksize', [1, size, size, 1]),
  intAttribute('strides', [1, stride, stride, 1]),
  stringAttribute('padding', padding.toUpperCase()),
  stringAttribute('data_format', 'NHWC'),
]);

export const poolAttributes = ({ size, stride, padding }: Window): OpAttribute[] => attributesOf(size, stride, padding);
