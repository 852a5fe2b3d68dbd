/** The pictures of the study. */
import { type StudyFigure } from 'weft-nas';
import { type ColorName, type Line, linesChart } from 'weft-nas/report';
import { type Fit } from './fit.js';
import { type ShatteredFit } from './many-dimensions.js';
import { fittedAt, truthAt } from './univariate.js';

const COLORS: readonly ColorName[] = ['found', 'controller', 'random', 'alarm', 'muted'];

const grid = (points: number): number[] => Array.from({ length: points }, (_, i) => -1 + (2 * i) / (points - 1));

/** Fitted functions of one seed over data and truth. */
export function fittedFigure(fits: readonly Fit[]): StudyFigure {
  const [{ problem, seed }] = fits as [Fit];
  const lines: Line[] = [
    { name: '', color: 'muted', dots: true, points: [...problem.x].map((x, i) => ({ x, y: problem.y[i]! })) },
    { name: 'truth', color: 'ink', dashed: true, points: grid(201).map((x) => ({ x, y: truthAt(x) })) },
    ...fits.map(({ learningRate, weights, problem: { width } }, i) => {
      const x = grid(401);
      const y = fittedAt(weights, width, x);
      return {
        name: `η ${learningRate}`,
        color: COLORS[i % COLORS.length]!,
        points: x.map((at, j) => ({ x: at, y: y[j]! })),
      };
    }),
  ];
  return {
    title: `What gradient descent fits (seed ${seed})`,
    svg: linesChart(lines, {
      ariaLabel: 'Fitted functions for each step size, over the noisy data and the truth',
      x: { label: 'x' },
      y: { label: 'f(x)' },
    })!,
    caption:
      'Dots are the noisy data. The larger the step η, the fewer bends a minimum can have and be stable: the large step cannot follow the noise.',
  };
}

/** Weighted variation of every fit against its bound. */
export function boundFigure(fits: readonly Fit[]): StudyFigure {
  const at = (value: (fit: Fit) => number): { x: number; y: number }[] =>
    fits.map((fit) => ({ x: fit.learningRate, y: value(fit) })).sort((a, b) => a.x - b.x);
  const largest = (points: { x: number; y: number }[]): { x: number; y: number }[] =>
    [...new Map(points.sort((a, b) => a.y - b.y).map((point) => [point.x, point])).values()].sort((a, b) => a.x - b.x);
  return {
    title: 'Weighted variation and its bounds',
    svg: linesChart(
      [
        { name: 'bound by η', color: 'alarm', points: largest(at(({ bound }) => bound)) },
        { name: 'by λ', color: 'random', points: at(({ curvatureBound }) => curvatureBound), dots: true },
        { name: 'measured', color: 'controller', points: at(({ weighted }) => weighted), dots: true },
      ],
      {
        ariaLabel: 'Weighted variation of each fit against step size, with its bounds',
        x: { label: 'step size η', type: 'log' },
        y: { label: 'weighted TV(1)', type: 'log' },
      },
    )!,
    caption:
      'Every fit lies below λ/2 − 1/2 + c√(2L), which is below 1/η − 1/2 + c√(2L) wherever λ stays below 2/η, as the theorem says.',
  };
}

/** Sizes of the slope jumps in descending order. */
export function sparsityFigure(fits: readonly Fit[]): StudyFigure {
  return {
    title: 'Sizes of the bends',
    svg: linesChart(
      fits.map(({ learningRate, knots }, i) => {
        const sizes = knots
          .filter(({ at }) => Math.abs(at) <= 1)
          .map(({ jump }) => Math.abs(jump))
          .sort((a, b) => b - a);
        return {
          name: `η ${learningRate}`,
          color: COLORS[i % COLORS.length]!,
          points: sizes.map((y, j) => ({ x: j + 1, y })),
        };
      }),
      {
        ariaLabel: 'Slope jumps within the data in descending order, for each step size',
        x: { label: 'knots within the data, largest first' },
        y: { label: '|jump of the slope|', type: 'log' },
      },
    )!,
    caption:
      'Slope jumps of the fitted function within the data, largest first: a large step leaves few, and those small.',
  };
}

/** Error for growing data. */
export function rateFigure(errors: readonly { n: number; error: number }[]): StudyFigure {
  const [first] = errors as [{ n: number; error: number }];
  const sizes = [...new Set(errors.map(({ n }) => n))];
  const mean = sizes.map((n) => {
    const of = errors.filter((one) => one.n === n);
    return { x: n, y: of.reduce((sum, { error }) => sum + error, 0) / of.length };
  });
  return {
    title: 'Error for growing data',
    svg: linesChart(
      [
        { name: '', color: 'muted', dots: true, points: errors.map(({ n, error }) => ({ x: n, y: error })) },
        { name: 'mean', color: 'controller', points: mean },
        {
          name: 'n^(−4/5)',
          color: 'ink',
          dashed: true,
          points: sizes.map((n) => ({ x: n, y: mean[0]!.y * (n / first.n) ** -0.8 })),
        },
      ],
      {
        ariaLabel: 'Squared error inside the support against the number of examples',
        x: { label: 'examples n', type: 'log' },
        y: { label: 'error within ±0.8', type: 'log' },
      },
    )!,
    caption:
      'Squared error to the truth within ±0.8; the dashed line has the slope of the rate that is proved inside the support.',
  };
}

/** Sharpness and error in many dimensions. */
export function shatteringFigures(flat: ShatteredFit, decayed: ShatteredFit, edge: number): StudyFigure[] {
  const curve = ({ course }: ShatteredFit, field: 'sharpness' | 'error'): { x: number; y: number }[] =>
    course.map((at) => ({ x: at.step, y: at[field] }));
  const steps = flat.course.map(({ step }) => step);
  return [
    {
      title: 'Ten dimensions: sharpness',
      svg: linesChart(
        [
          { name: 'large step', color: 'controller', points: curve(flat, 'sharpness') },
          { name: '2/η', color: 'ink', dashed: true, points: [steps[0]!, steps.at(-1)!].map((x) => ({ x, y: edge })) },
          { name: 'decay', color: 'found', points: curve(decayed, 'sharpness') },
        ],
        {
          ariaLabel: 'Largest Hessian eigenvalue along training in ten dimensions',
          x: { label: 'step' },
          y: { label: 'λ' },
        },
      )!,
      caption: 'The large step holds the largest eigenvalue at 2/η.',
    },
    {
      title: 'Ten dimensions: error',
      svg: linesChart(
        [
          { name: 'large step', color: 'controller', points: curve(flat, 'error') },
          { name: 'decay', color: 'found', points: curve(decayed, 'error') },
        ],
        {
          ariaLabel: 'Error to the truth along training in ten dimensions',
          x: { label: 'step' },
          y: { label: 'error to the truth', type: 'log' },
        },
      )!,
      caption:
        'Although it is flat, it interpolates the noise; a small step with weight decay does not. Flatness alone suffers the curse of dimensionality.',
    },
  ];
}
