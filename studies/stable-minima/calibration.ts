/** Results of the calibrated runs (float64, twice with identical numbers), rounded. */

export interface Calibrated {
  readonly learningRate: number;
  readonly steps: number;
  /** By seed 1, 2, 3. */
  readonly sharpness: readonly string[];
  readonly error: readonly string[];
  readonly variation: readonly string[];
  readonly weighted: readonly string[];
  readonly count: readonly string[];
  readonly trainingError: readonly string[];
  readonly most: readonly string[];
}

export const CALIBRATED: readonly Calibrated[] = [
  {
    learningRate: 0.4,
    steps: 100_000,
    sharpness: ['3.9', '5.6', '1.2'],
    error: ['0.059', '0.193', '0.064'],
    variation: ['22', '32', '8'],
    weighted: ['0.06', '0.66', '0.03'],
    count: ['20', '19', '17'],
    trainingError: ['0.220', '0.352', '0.198'],
    most: ['13', '7', '7'],
  },
  {
    learningRate: 0.1,
    steps: 200_000,
    sharpness: ['19.7', '19.8', '19.6'],
    error: ['0.067', '0.215', '0.140'],
    variation: ['61', '81', '126'],
    weighted: ['3.2', '4.1', '3.4'],
    count: ['73', '67', '87'],
    trainingError: ['0.144', '0.175', '0.162'],
    most: ['23', '21', '20'],
  },
  {
    learningRate: 0.01,
    steps: 1_000_000,
    sharpness: ['83', '76', '149'],
    error: ['0.087', '0.284', '0.160'],
    variation: ['94', '109', '209'],
    weighted: ['4.8', '5.0', '13.5'],
    count: ['49', '49', '58'],
    trainingError: ['0.118', '0.124', '0.094'],
    most: ['26', '29', '22'],
  },
];

/** The quantities by their names in words. */
export const QUANTITIES = {
  sharpness: 'largest Hessian eigenvalue',
  error: 'mean squared error to the truth',
  variation: 'TV(1) of the fitted function',
  weighted: 'weighted TV(1)',
  count: 'knots within the data',
  trainingError: 'training error',
  most: 'knots that make up 90 % of TV(1)',
} as const;

export type Quantity = keyof typeof QUANTITIES;

/** Within 5 % of the calibrated value, which is known to half a unit of its last digit. */
export function meetsCalibration(measured: number, rounded: string): boolean {
  const decimals = rounded.split('.')[1]?.length ?? 0;
  const value = Number(rounded);
  return Math.abs(measured - value) <= 0.05 * Math.abs(value) + 0.5 * 10 ** -decimals;
}
