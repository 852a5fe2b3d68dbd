/** Plausible events of a search, made up from a named stream: the same seed gives the same run. */
import { compareMeans } from '../../src/search/comparison.js';
import { type SearchEvent } from '../../src/search/events.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { type Rng, stream } from '../../src/tensor/rng.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';

export const DIGITS = { inputShape: [8, 8, 1], classes: 10 } as const;

export interface FixtureOptions {
  readonly seed?: number;
  readonly layers?: number;
  readonly epochs?: number;
  readonly candidates?: number;
}

export interface Fixture {
  readonly space: SearchSpace;
  readonly events: SearchEvent[];
  /** The architecture that the made-up controller comes to prefer. */
  readonly favourite: string;
}

/** A whole search of the macro space, from its start to the test. */
export function fixture({ seed = 1, layers = 6, epochs = 12, candidates = 50 }: FixtureOptions = {}): Fixture {
  const space = macroCnn.create({ layers, filters: 8 }, DIGITS) as SearchSpace;
  const rng = stream(seed, 'report-fixture');
  const favourite = space.sample(stream(seed, 'favourite'));
  const events: SearchEvent[] = [
    {
      type: 'search-started',
      space: space.name,
      size: String(space.size()),
      controller: 'enas',
      seed,
      parameters: 123_456,
      train: 1150,
      validation: 287,
      test: 360,
      epochs,
      stepsPerEpoch: 18,
    },
  ];
  let best: { architecture: string; reward: number } | null = null;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const learned = epoch / Math.max(1, epochs - 1);
    for (let step = 0; step < 18; step += 3) {
      events.push({
        type: 'weights-step',
        epoch,
        step,
        loss: lossAt(epoch + step / 18, rng, 0.25),
        architecture: encodeNear(space, favourite, learned, rng),
      });
    }
    const loss = lossAt(epoch + 1, rng, 0.04);
    events.push({ type: 'weights-epoch', epoch, loss, architectures: 18 });
    const random = 0.93 - 0.7 * Math.exp(-epoch / 2.5) + 0.01 * rng.normal();
    const rewards = Array.from({ length: 5 }, () => random + 0.05 * learned + 0.012 * rng.normal());
    rewards.forEach((reward, round) =>
      events.push({
        type: 'controller-round',
        epoch,
        round,
        reward,
        best: reward + 0.02,
        metrics: { loss: -0.1 * rng.uniform(), entropy: entropyAt(space, learned), baseline: reward },
      }),
    );
    const reward = rewards.reduce((sum, value) => sum + value, 0) / rewards.length;
    if (!best || Math.max(...rewards) + 0.02 > best.reward)
      best = { architecture: encodeNear(space, favourite, learned, rng), reward: Math.max(...rewards) + 0.02 };
    events.push({ type: 'epoch', epoch, loss, reward, random, entropy: entropyAt(space, learned), best });
    events.push({ type: 'preferences', epoch, decisions: preferencesAt(space, favourite, learned, rng) });
  }
  events.push(...finalChoice(space, favourite, candidates, rng));
  return { space, events, favourite: space.encode(favourite) };
}

function finalChoice(space: SearchSpace, favourite: unknown, count: number, rng: Rng): SearchEvent[] {
  const draw = (source: 'controller' | 'random', index: number): Extract<SearchEvent, { type: 'candidate' }> => {
    const architecture = source === 'random' ? space.sample(rng) : nearTo(space, favourite, 0.93, rng);
    const accuracy =
      Math.round(512 * Math.min(0.998, 0.945 + (source === 'controller' ? 0.019 : 0) + 0.014 * rng.normal())) / 512;
    return {
      type: 'candidate',
      source,
      index,
      architecture: space.encode(architecture),
      hash: space.canonicalHash(architecture),
      accuracy,
      loss: 3 * (1 - accuracy) + 0.02 * rng.uniform(),
    };
  };
  const controller = Array.from({ length: count }, (_, index) => draw('controller', index));
  const random = Array.from({ length: count }, (_, index) => draw('random', index));
  const winner = [...controller].sort((a, b) => b.accuracy! - a.accuracy! || a.loss - b.loss)[0]!;
  const { architecture, hash, accuracy, loss } = winner;
  return [
    ...controller,
    ...random,
    {
      type: 'derived',
      architecture,
      hash,
      accuracy,
      loss,
      candidates: count,
      distinct: new Set(controller.map((one) => one.hash)).size,
      batches: 2,
    },
    {
      type: 'comparison',
      ...compareMeans(
        controller.map((one) => one.accuracy!),
        random.map((one) => one.accuracy!),
      ),
    },
    { type: 'retrain-started', architecture, parameters: 24_310, epochs: 30, stepsPerEpoch: 22, examples: 1437 },
    ...Array.from({ length: 30 }, (_, epoch): SearchEvent => ({
      type: 'retrain-epoch',
      epoch,
      loss: 1.9 * Math.exp(-epoch / 4) + 0.012 + 0.004 * rng.uniform(),
      learningRate: 0.025 * (1 + Math.cos((Math.PI * (epoch + 1)) / 30)),
    })),
    { type: 'tested', accuracy: 356 / 360, loss: 0.041, count: 360 },
    {
      type: 'assessed',
      majority: { name: "always '0'", accuracy: 0.1, difference: 0.89, interval: [0.85, 0.92] },
      simpleModels: [{ name: 'logistic regression', accuracy: 0.96, difference: 0.03, interval: [0.01, 0.05] }],
      learnedFrom: [1000, 1437],
      classNames: ['0', '1'],
      classes: [{ count: 36, precision: 1, recall: 0.97, f1: 0.985 }, { count: 0 }],
      confusion: [
        [35, 1],
        [0, 0],
      ],
      balancedAccuracy: 0.97,
      macroF1: 0.985,
      auc: 0.99,
      calibrationError: 0.01,
      calibration: {
        curve: [
          { count: 12, confidence: 0.55, accuracy: 0.5 },
          { count: 30, confidence: 0.74, accuracy: 0.8 },
          { count: 318, confidence: 0.98, accuracy: 0.975 },
        ],
        errorByChance: 0.012,
        temperature: 1.8,
        before: {
          error: 0.04,
          loss: 0.06,
          curve: [
            { count: 20, confidence: 0.7, accuracy: 0.5 },
            { count: 340, confidence: 0.99, accuracy: 0.95 },
          ],
        },
      },
    },
    { type: 'search-finished', gradientEvaluations: { search: 216, retrain: 660 }, evaluations: 820 },
  ];
}

/** The favourite with each slot redrawn with probability 1 - closeness. */
function nearTo(space: SearchSpace, favourite: unknown, closeness: number, rng: Rng): unknown {
  return space.fromGenotype(
    space
      .genotype(favourite)
      .map((value, slot) => (rng.uniform() < closeness ? value : rng.int(space.cardinalities[slot]!))),
  );
}

function encodeNear(space: SearchSpace, favourite: unknown, learned: number, rng: Rng): string {
  return space.encode(nearTo(space, favourite, 0.9 * learned, rng));
}

function preferencesAt(space: SearchSpace, favourite: unknown, learned: number, rng: Rng): Record<string, number[][]> {
  const genotype = space.genotype(favourite);
  return Object.fromEntries(
    space.decisions.map(({ path, offset, length, cardinality }) => [
      path,
      Array.from({ length }, (_, i) => {
        const scores = Array.from({ length: cardinality }, (_, value) =>
          Math.exp(3.5 * learned * (value === genotype[offset + i] ? 1 : 0) + 0.25 * rng.normal()),
        );
        const total = scores.reduce((sum, score) => sum + score, 0);
        return scores.map((score) => score / total);
      }),
    ]),
  );
}

function entropyAt(space: SearchSpace, learned: number): number {
  return (
    (1 - 0.75 * learned * learned) * space.cardinalities.reduce((sum, cardinality) => sum + Math.log(cardinality), 0)
  );
}

function lossAt(epochs: number, rng: Rng, noise: number): number {
  return (2.3 * Math.exp(-epochs / 3) + 0.15) * (1 + noise * rng.normal());
}

/** The files of a run around the events, as they are parsed. */
export function fixtureRun(options: FixtureOptions = {}): {
  manifest: object;
  config: object;
  events: SearchEvent[];
  summary: object;
  space: SearchSpace;
} {
  const { space, events } = fixture(options);
  const hash = (letter: string): string => letter.repeat(64);
  const split = (count: number, letter: string): object => ({
    count,
    perClass: Array<number>(10).fill(count / 10),
    indices: hash(letter),
    content: hash(letter),
  });
  return {
    manifest: {
      formatVersion: 1,
      name: 'digits',
      created: '2024-05-17T09:30:00.000Z',
      seed: 1,
      configSha256: hash('c'),
      environment: {
        weft: '0.1.0',
        node: 'v20.19.0',
        tfjs: '4.22.0',
        backend: 'tensorflow',
        platform: 'linux',
        cpu: 'a processor',
        threads: 2,
        variables: {},
      },
      facts: {
        backend: 'native',
        data: {
          name: 'digits',
          inputShape: [8, 8, 1],
          classes: 10,
          splits: { train: split(1150, '1'), validation: split(287, '2'), test: split(360, '3') },
        },
      },
    },
    config: {
      seed: 1,
      space: { name: 'macro-cnn', layers: 6 },
      controller: { name: 'enas', preset: 'paper' },
      data: { source: 'digits' },
      search: { epochs: 12 },
    },
    events,
    summary: {
      space: space.name,
      controller: 'enas',
      seed: 1,
      parameters: 24_310,
      elapsedSeconds: 83.4,
      peakMemoryMB: 412.6,
    },
    space,
  };
}
