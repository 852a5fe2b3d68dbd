/**
 * The costs of a network, under the names that objectives, limits and conditions use. A new cost is a line here, and
 * its value in `costMeasure` (search/costs.ts).
 */

export interface Cost {
  readonly description: string;
  /** Its name in tables and charts. */
  readonly title: string;
  /** Unit of the values; empty for counts. */
  readonly unit: '' | 'bytes' | 'ms' | 'mJ';
}

export const COSTS = {
  parameters: { description: 'trainable weights', title: 'parameters', unit: '' },
  multiplyAdds: { description: 'multiply-adds for one example', title: 'multiply-adds', unit: '' },
  activationMemory: {
    description: 'bytes of activations that exist at the same time for one example',
    title: 'activation memory',
    unit: 'bytes',
  },
  fileSize: {
    description: 'bytes of weights and running statistics as 32-bit floats',
    title: 'file size',
    unit: 'bytes',
  },
  latency: {
    description:
      'milliseconds, from a table of operations that is measured when the run begins or was measured on another device',
    title: 'latency',
    unit: 'ms',
  },
  energy: {
    description: 'millijoules on a device, by a published or measured table of whole networks',
    title: 'energy',
    unit: 'mJ',
  },
} as const satisfies Readonly<Record<string, Cost>>;

export type CostName = keyof typeof COSTS;
export const costNames = Object.keys(COSTS) as readonly CostName[];
