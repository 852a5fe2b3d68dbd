/**
 * Everything except tensors that changes from one step to the next; a step may declare functions of it (see
 * `tensor/plan`).
 */

export interface StepMoment {
  /** Global step of the training, from 0. */
  readonly step: number;
  /** Seed of the training, for random draws. */
  readonly seed?: number | string | undefined;
  /** Factor of a `stepRate` link, if the chain has one, for the update of this step; 1 by default. */
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
  /** Factor by which a `stepRate` link multiplies the update of this step. */
  readonly rate: number;
  /** How often this link has updated this parameter, this time included. */
  count(parameter: string): number;
  /** A number in the link's state before this step; 0 until it is set. */
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
