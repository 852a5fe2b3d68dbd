/** Gradient descent stays at a sharpness of 2/η, and SAM at its own edge: Cohen et al. 2021, Long & Bartlett 2024. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  defineStudy,
  gateRow,
  infoRow,
  type Row,
  type StudyFigure,
  type StudyResult,
  type StudySection,
  type StudySetting,
  withinRow,
  z,
} from 'weft-nas';
import { linesChart } from 'weft-nas/report';
import { findDataset, stopHere } from 'weft-nas/study';
import {
  CALIBRATED,
  calibratedRow,
  type CalibratedRun,
  meanOf,
  tailOf,
  tailRatio,
  watchChebyshev,
} from './calibrated.js';
import { cifarProblem, mnistProblem, type NetworkProblem, transformerProblem } from './networks.js';
import { type Look, trainAtEdge } from './train.js';

const ARMS = ['one-dimension', 'mnist', 'cifar10', 'language'] as const;

const options = z.strictObject({
  arms: z
    .array(z.enum(ARMS))
    .min(1)
    .default([...ARMS])
    .describe('one-dimension, mnist, cifar10, language'),
  seeds: z
    .array(z.int())
    .min(1)
    .default([1, 2, 3])
    .describe('seeds of the networks; the calibrated problem has its own'),
  steps: z
    .int()
    .min(10)
    .max(1_000_000)
    .optional()
    .describe('steps of every network; fewer steps make the study faster'),
});

interface Network {
  readonly name: Exclude<(typeof ARMS)[number], 'one-dimension'>;
  readonly title: string;
  readonly text: string;
  readonly learningRate: number;
  readonly rho: number;
  readonly steps: number;
  readonly every: number;
  /** Undefined if the data is not available. */
  open(): NetworkProblem | undefined;
}

const SEQUENCES = 8;
const LENGTH = 32;

const NETWORKS: readonly Network[] = [
  {
    name: 'mnist',
    title: 'MNIST, fully connected',
    learningRate: 1,
    rho: 0.1,
    steps: 1000,
    every: 100,
    text: 'Four ReLU layers of 100 neurons on 500 examples, full batch; mean squared error over examples and outputs. The published run has layers of 1000, all 60,000 examples and η = 0.01.',
    open: () => (findDataset('mnist').folder === undefined ? undefined : mnistProblem({ examples: 500, width: 100 })),
  },
  {
    name: 'cifar10',
    title: 'CIFAR-10, convolutional',
    learningRate: 0.02,
    rho: 0.03,
    steps: 64,
    every: 8,
    text: 'Two blocks of convolution, ReLU, layer normalization and max-pooling on 96 examples of 16x16 pixels, full batch, the same loss. The published run has 1000 examples of 32x32 and η = 0.001; an independent one had mean λ/edge 0.988 for SAM, all measurements within 10 %, and SAM’s gradient better aligned in 93 % of them.',
    open: () => (findDataset('cifar10').folder === undefined ? undefined : cifarProblem({ examples: 96, shrink: 2 })),
  },
  {
    name: 'language',
    title: 'Tiny Shakespeare, transformer',
    learningRate: 0.1,
    rho: 0.1,
    steps: 64,
    every: 8,
    text: `A transformer of two layers, two heads and width 32 on ${SEQUENCES} sequences of ${LENGTH} characters, cross-entropy. The published run is stochastic, with six layers of width 128; an independent one had λ at 2.9 times the edge on average, with spikes. With cross-entropy and few steps λ is not expected to stay at the edge; SAM is only expected to stay flatter, with a better aligned gradient.`,
    open: () => {
      const path = shakespeare();
      return path === undefined
        ? undefined
        : transformerProblem(Int32Array.from(readFileSync(path).subarray(0, SEQUENCES * (LENGTH + 1))), {
            layers: 2,
            heads: 2,
            width: 32,
            length: LENGTH,
          });
    },
  },
];

/** The location of tiny Shakespeare: next to the data sets. */
function shakespeare(): string | undefined {
  const roots = [process.env['WEFT_DATA'], 'data', join('..', 'shared', 'data')].filter(
    (root) => root !== undefined && root !== '',
  ) as string[];
  return roots.map((root) => join(root, 'text', 'tiny-shakespeare.txt')).find((path) => existsSync(path));
}

export const edgeOfStability = defineStudy({
  name: 'edge-of-stability',
  summary:
    'How sharp the minima are in which gradient descent and SAM stay: the edge 2/η and that of SAM, from one dimension to a transformer',
  reference:
    'Long & Bartlett 2024 (arXiv 2309.12488) and its independent rerun; Cohen et al. 2021 (arXiv 2103.00065). The one-dimensional table was calibrated in float64.',
  minutes: 7,
  options,
  run,
});

interface Trained {
  readonly network: Network;
  readonly seed: number;
  readonly descent: readonly Look[];
  readonly sam: readonly Look[];
}

async function run({ arms, seeds, steps }: z.output<typeof options>, setting: StudySetting): Promise<StudyResult> {
  const chosen = NETWORKS.filter(({ name }) => arms.includes(name));
  const calibrated = arms.includes('one-dimension') ? CALIBRATED : [];
  const parts = calibrated.length / 4 + chosen.length * seeds.length * 2;
  let done = 0;
  const tick =
    (message: string, weight: number) =>
    async (share: number): Promise<void> => {
      await stopHere(setting);
      setting.progress(message, Math.min(1, (done + weight * share) / parts));
    };
  const small: { one: CalibratedRun; looks: Look[] }[] = [];
  for (const one of calibrated) {
    const looks = await watchChebyshev(
      one,
      tick(`one dimension, η ${one.learningRate}, ρ ${one.rho}, seed ${one.seed}`, 0.25),
    );
    done += 0.25;
    small.push({ one, looks });
  }
  const rows: Row[] = small.map(({ one, looks }) => calibratedRow(one, looks));
  const sections: StudySection[] = small.length > 0 ? [oneDimension(small)] : [];
  for (const network of chosen) {
    const problem = network.open();
    if (!problem) {
      rows.push({
        ...infoRow(`${network.name}/data`, network.title, null, 'the data was not found: set WEFT_DATA'),
        gate: 'measured',
      });
      continue;
    }
    const trained: Trained[] = [];
    for (const seed of seeds) {
      const arm = async (rho: number): Promise<Look[]> => {
        const looks = await trainAtEdge(problem, {
          ...network,
          ...(steps !== undefined && { steps, every: Math.ceil(steps / 10) }),
          rho,
          seed,
          tick: tick(`${network.title}, ρ ${rho}, seed ${seed}`, 1),
        });
        done++;
        return looks;
      };
      trained.push({ network, seed, descent: await arm(0), sam: await arm(network.rho) });
    }
    problem.dispose();
    rows.push(
      ...(network.name === 'language' ? flatterRows(trained) : hoveringRows(trained)),
      ...alignmentRows(trained),
    );
    sections.push(networkSection(network, trained));
  }
  return { verdict: verdictOf(rows), rows, sections };
}

/** λ over the edge: 2/η within 5 %, SAM's within the 10 % in which the independent rerun found all of its looks. */
function hoveringRows(trained: readonly Trained[]): Row[] {
  return trained.flatMap(({ network: { name }, seed, descent, sam }) => [
    withinRow(
      `${name}/descent/seed=${seed}`,
      'mean λ over 2/η of gradient descent, second half',
      tailRatio(descent),
      1,
      0.05,
    ),
    withinRow(`${name}/sam/seed=${seed}`, 'mean λ over the edge of SAM, second half', tailRatio(sam), 1, 0.1),
  ]);
}

/** How much flatter SAM is than gradient descent. */
function flatterRows(trained: readonly Trained[]): Row[] {
  return trained.flatMap(({ network: { name }, seed, descent, sam }) => [
    gateRow(
      `${name}/flatter/seed=${seed}`,
      'mean λ of SAM over that of gradient descent, second half',
      meanOf(tailOf(sam).map(({ sharpness }) => sharpness)) / meanOf(tailOf(descent).map(({ sharpness }) => sharpness)),
      'at most',
      1,
    ),
    infoRow(`${name}/descent/seed=${seed}`, 'mean λ over 2/η of gradient descent, second half', tailRatio(descent)),
    infoRow(`${name}/sam/seed=${seed}`, 'mean λ over the edge of SAM, second half', tailRatio(sam)),
  ]);
}

function alignmentRows(trained: readonly Trained[]): Row[] {
  const looks = trained.flatMap(({ sam }) => sam);
  const share = looks.filter(({ alignment, samAlignment }) => samAlignment >= alignment).length / looks.length;
  const { name } = trained[0]!.network;
  return [
    gateRow(
      `${name}/alignment`,
      'share of measurements at which the gradient of SAM is better aligned with the top eigenvector than the gradient',
      share,
      'at least',
      0.9,
    ),
  ];
}

function oneDimension(small: readonly { one: CalibratedRun; looks: readonly Look[] }[]): StudySection {
  const shown = small.filter(
    ({ one: { seed, rho, learningRate } }) => seed === 1 && ((rho === 0 && learningRate === 0.2) || rho > 0.01),
  );
  return {
    title: 'One dimension',
    text: [
      'A tanh network of 100 neurons, 20 points of a Chebyshev polynomial, mean of half the squared error, full batch, float64.',
    ],
    figures: shown.map(({ one: { learningRate, rho }, looks }) =>
      edgeFigure(`η ${learningRate}, ρ ${rho}`, looks, learningRate, rho),
    ),
    tables: [
      {
        name: 'one-dimension',
        title: 'Every run',
        columns: [
          'η',
          'ρ',
          'seed',
          'steps',
          'λ at the end',
          'edge at the end',
          'λ/edge, second half',
          'calibrated',
          'loss at the end',
        ],
        rows: small.map(({ one, looks }) => {
          const last = looks.at(-1)!;
          return [
            one.learningRate,
            one.rho,
            one.seed,
            one.steps,
            last.sharpness,
            last.edge,
            tailRatio(looks),
            one.ratio,
            last.loss,
          ];
        }),
      },
    ],
  };
}

function networkSection({ name, title, text, learningRate, rho }: Network, trained: readonly Trained[]): StudySection {
  const [{ descent, sam, seed }] = trained as [Trained];
  return {
    title,
    text: [text],
    figures: [
      edgeFigure(`Gradient descent, η ${learningRate} (seed ${seed})`, descent, learningRate, 0),
      edgeFigure(`SAM, ρ ${rho} (seed ${seed})`, sam, learningRate, rho),
      {
        title: 'Alignment with the top eigenvector',
        svg: linesChart(
          [
            {
              name: 'SAM’s',
              color: 'found',
              points: sam.map(({ step, samAlignment }) => ({ x: step, y: samAlignment })),
            },
            {
              name: 'gradient',
              color: 'controller',
              points: sam.map(({ step, alignment }) => ({ x: step, y: alignment })),
            },
          ],
          {
            ariaLabel: 'Alignment of both gradients with the top eigenvector',
            x: { label: 'step' },
            y: { label: '|cos|', domain: [0, 1] },
          },
        )!,
        caption:
          'Along the run of SAM: its gradient points more along the top eigenvector than the gradient at the weights.',
      },
      {
        title: 'Loss',
        svg: linesChart(
          [
            { name: 'descent', color: 'controller', points: descent.map(({ step, loss }) => ({ x: step, y: loss })) },
            { name: 'SAM', color: 'found', points: sam.map(({ step, loss }) => ({ x: step, y: loss })) },
          ],
          {
            ariaLabel: 'Training loss of gradient descent and SAM',
            x: { label: 'step' },
            y: { label: 'training loss', type: 'log' },
          },
        )!,
        caption: 'Training loss by step; a step of SAM costs two gradients.',
      },
    ],
    tables: [
      {
        name,
        title: 'Every measurement',
        columns: ['arm', 'seed', 'step', 'loss', 'λ', 'error bar', 'edge', 'λ/edge', 'alignment', 'alignment of SAM'],
        rows: trained.flatMap((one) =>
          (
            [
              ['descent', one.descent],
              ['sam', one.sam],
            ] as const
          ).flatMap(([arm, looks]) =>
            looks.map((look) => [
              arm,
              one.seed,
              look.step,
              look.loss,
              look.sharpness,
              look.residual,
              look.edge,
              look.sharpness / look.edge,
              look.alignment,
              look.samAlignment,
            ]),
          ),
        ),
      },
    ],
  };
}

function edgeFigure(title: string, looks: readonly Look[], learningRate: number, rho: number): StudyFigure {
  const curve = (y: (look: Look) => number): { x: number; y: number }[] =>
    looks.map((look) => ({ x: look.step, y: y(look) }));
  const svg = linesChart(
    [
      { name: 'λ', color: 'controller', points: curve(({ sharpness }) => sharpness) },
      ...(rho > 0
        ? [{ name: 'SAM edge', color: 'found' as const, dashed: true, points: curve(({ edge }) => edge) }]
        : []),
      { name: '2/η', color: 'muted', dashed: true, points: curve(() => 2 / learningRate) },
    ],
    {
      ariaLabel: `Largest eigenvalue against the edge, ${title}`,
      x: { label: 'step' },
      y: { label: 'largest eigenvalue', type: 'log' },
    },
  )!;
  return {
    title,
    svg,
    caption:
      rho > 0
        ? 'Largest eigenvalue of the Hessian against the edge of SAM, far below 2/η.'
        : 'Largest eigenvalue of the Hessian against 2/η.',
  };
}

function verdictOf(rows: readonly Row[]): string {
  const hovering = rows.filter(({ id, gate }) => gate !== '' && /one-dimension|\/(descent|sam)\//.test(id));
  const met = hovering.filter(({ met }) => met).length;
  return `Where the loss is a squared error, the largest eigenvalue stays within the stated distance of 2/η (gradient descent) or of the edge of SAM in ${met} of ${hovering.length} runs.`;
}
