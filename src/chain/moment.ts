/** Everything except tensors that changes from one step to the next, of which a step may declare functions (see `tensor/plan`). */

export interface StepMoment {
  /** Global step of the training, from 0. */
  readonly step: number;
  /** Names the random draws of this training. */
  readonly seed?: number | string | undefined;
  /** By how much the update of this step is multiplied, where a `stepRate` link is in the chain; 1 by default. */
  readonly rate?: number | undefined;
  /** Counts and numbers of the chain before the step, by `link/name`. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The moment as a link sees it. */
export interface LinkMoment {
  readonly step: number;
  readonly seed?: number | string | undefined;
  /** Rate of the chain in this step. */
  readonly learningRate: number;
  /** By how much a `stepRate` link multiplies the update of this step. */
  readonly rate: number;
  /** How often this parameter has been updated by this link, this time included. */
  count(parameter: string): number;
  /** A number of the link's own before this step; 0 until it is set. */
  number(name: string): number;
}

/** The moment as the link of this name sees it. */
export function linkMoment(
  link: string,
  { step, seed, rate = 1, counts }: StepMoment,
  learningRate: (step: number) => number,
): LinkMoment {
  const at = (name: string): number => counts[`${link}/${name}`] ?? 0;
  return { step, seed, rate, learningRate: learningRate(step), count: (parameter) => at(parameter) + 1, number: at };
}
