/** The images on which a tested network is most confidently wrong. */
import { mostProbable } from '../statistics/index.js';
import { type Logits, probabilitiesOf } from '../training/predict.js';

export interface Mistake {
  /** Index of the test example, from 0. */
  readonly example: number;
  readonly label: string;
  readonly called: string;
  /** Probability of the wrong answer. */
  readonly probability: number;
  /** A PNG in base 64, as the network saw it. */
  readonly picture: string;
}

/** Number of images in a report. */
const MOST = 12;

/** The worst mistakes, worst first; `pictureOf` returns a test example as a PNG. */
export function worstMistakes(
  own: Logits,
  classNames: readonly string[],
  { temperature, pictureOf }: { temperature?: number | undefined; pictureOf: (example: number) => Uint8Array },
): Mistake[] {
  const classes = classNames.length;
  const { probabilities, labels } = probabilitiesOf(own, classes, temperature);
  const wrong = Array.from(mostProbable(probabilities, labels.length, classes), (called, example) => ({
    example,
    label: labels[example]!,
    called,
    probability: probabilities[example * classes + called]!,
  })).filter(({ label, called }) => label !== called);
  wrong.sort((a, b) => b.probability - a.probability || a.example - b.example);
  return wrong.slice(0, MOST).map(({ example, label, called, probability }) => ({
    example,
    label: classNames[label]!,
    called: classNames[called]!,
    probability,
    picture: Buffer.from(pictureOf(example)).toString('base64'),
  }));
}
