/** How a search is divided so that a time budget holds for all of it: search, final choice, retraining and test. */
import { type SearchConfig, warmUpOf } from '../config/schema.js';
import { type OpenEpochs } from './follow-data.js';
import { type Estimate, measureUnits } from './measure-units.js';
import { type UnitCost, type WorkPhase } from './progress.js';
import { type SearchParts } from './session.js';

/** The planned amount of a part of the work, out of how much, and the seconds that it takes. */
export interface PlannedPart {
  readonly count: number;
  /** The amount in the configuration. */
  readonly of: number;
  readonly seconds: number;
}

export interface SearchPlan {
  /** Epochs; undefined if a single architecture is trained. */
  readonly search: PlannedPart | undefined;
  /** Candidates of both the controller and random sampling. */
  readonly derive: PlannedPart | undefined;
  /** Epochs; undefined if nothing is retrained. */
  readonly retrain: PlannedPart | undefined;
  readonly seconds: number;
  readonly budget: number | undefined;
  /** Seconds of the budget that have passed before: start, reading of the data and measurement. */
  readonly already: number;
}

const FREE: UnitCost = { each: 0, once: 0 };

/** Number of training steps below which a search would be over before it is measured. */
const FEW_STEPS = 200;

/**
 * Number of retraining epochs that fit into what is left of a budget, from timing the network that was found; at most
 * `most`.
 */
export function retrainingThatFits(parts: SearchParts, architecture: string, most: number, left: () => number): number {
  const { units, steps } = measureUnits(parts, architecture);
  const { each, once } = units.retrain ?? FREE;
  const time = RETRAINED * left() - once - (units.test ?? FREE).each;
  return Math.max(1, Math.min(most, Math.floor(time / (steps.retrain * each))));
}

/** Whether a search has so few training steps that measuring some of them takes as long. */
export function isShort({ config, data: { counts } }: SearchParts, alone: boolean): boolean {
  const { search, retrain } = config;
  const steps = (examples: number, size: number): number => Math.ceil(examples / size);
  const searched = alone ? 0 : search.epochs * steps(counts.train, search.batchSize);
  return searched + retrain.epochs * steps(counts.train + counts.validation, retrain.batchSize) < FEW_STEPS;
}

/** The share of the remaining budget that is planned for retraining. */
const RETRAINED = 0.95;
/** The share of a budget that is planned: machines are not equally fast all the time. */
const PLANNED = 0.9;
/** The share of a budget that the final choice may take. */
const CHOICE = 0.2;
const FEWEST_CANDIDATES = 5;

export interface PlanOptions {
  readonly budget?: number | undefined;
  /** Seconds of the budget that have already passed. */
  readonly already?: number;
  /** Whether a single architecture is trained without a search. */
  readonly alone?: boolean;
  /** Epochs that the user has not set: they are increased if the budget has room for more than the configuration's. */
  readonly open?: OpenEpochs | undefined;
}

/**
 * The search's share of the training time if the user has not set its epochs; the found network is trained for the
 * rest.
 */
const SEARCHED = 0.25;

/**
 * The plan of a search, from the seconds per unit, and the configuration that follows it. If the budget is too short,
 * search and retraining get shorter in the same proportion, so that their learning-rate schedules still complete; a
 * choice that would take more than a fifth of it gets fewer candidates. Each is at least one epoch, and no shorter than
 * its warm-up. If the user has not set the epochs, the search gets a quarter of the time, retraining the rest, and both
 * may be longer than in the configuration, as far as that helps.
 */
export function planSearch(
  config: SearchConfig,
  { units, steps }: Estimate,
  { budget, already = 0, alone = false, open }: PlanOptions = {},
): { plan: SearchPlan; config: SearchConfig } {
  const { search, derive, retrain } = config;
  const of = (phase: WorkPhase): UnitCost => units[phase] ?? FREE;
  const withController = Math.max(0, search.epochs - search.warmupEpochs) / search.epochs;
  const rounds = withController * search.rounds;
  const anEpoch = alone ? 0 : steps.search * of('weights').each + rounds * of('controller').each + of('epoch-end').each;
  const aRetraining = steps.retrain * of('retrain').each;
  const searchEpochs = alone ? 0 : search.epochs;
  const test = retrain.epochs > 0 ? of('test').each : 0;
  const once = {
    search: alone ? 0 : of('weights').once + (rounds > 0 ? of('controller').once : 0),
    derive: alone ? 0 : of('derive').once,
    retrain: retrain.epochs > 0 ? of('retrain').once : 0,
  };
  const candidates = derive.candidates + derive.random;

  const choice = alone ? 0 : candidates * of('derive').each;
  const fewer = budget !== undefined && choice > CHOICE * budget ? (CHOICE * budget) / choice : 1;
  const kept = (count: number): number => Math.min(count, Math.max(FEWEST_CANDIDATES, Math.floor(fewer * count)));
  const chosen = { candidates: kept(derive.candidates), random: kept(derive.random) };
  const choiceSeconds = alone ? 0 : once.derive + (chosen.candidates + chosen.random) * of('derive').each;

  const wanted = searchEpochs * anEpoch + retrain.epochs * aRetraining;
  const time =
    budget === undefined ? Infinity : PLANNED * budget - already - once.search - choiceSeconds - once.retrain - test;
  const share = wanted > time ? Math.max(0, time) / wanted : 1;
  const least = (part: { readonly optimizer: object }): number => Math.max(1, Math.ceil(warmUpOf(part.optimizer)));
  const bounded = (epochs: number, wish: number, fewest: number): number =>
    Math.min(epochs, Math.max(Math.min(fewest, epochs), Math.floor(wish + 1e-9)));
  // What the other phase leaves, in epochs of this one.
  const epochsThatFit = (taken: number, epoch: number): number => Math.max(0, time - taken) / epoch;
  const shared = open?.search !== undefined && open.retrain !== undefined && !alone;
  const wish = shared ? epochsThatFit((1 - SEARCHED) * time, anEpoch) : share * searchEpochs;
  let searched = share < 1 ? bounded(searchEpochs, wish, least(search)) : searchEpochs;
  // Retraining gets what rounding leaves of the search's part.
  const fitting = epochsThatFit(searched * anEpoch, aRetraining);
  let retrained = share < 1 ? bounded(retrain.epochs, fitting, least(retrain)) : retrain.epochs;
  if (budget !== undefined && open) {
    const more = (most: number | undefined, now: number, wish: number): number =>
      Math.max(now, Math.min(most ?? 0, Math.floor(wish + 1e-9)));
    if (shared) searched = more(open.search, searched, SEARCHED * epochsThatFit(0, anEpoch));
    retrained = more(open.retrain, retrained, epochsThatFit(searched * anEpoch, aRetraining));
    if (!alone) searched = more(open.search, searched, epochsThatFit(retrained * aRetraining, anEpoch));
  }

  const part = (count: number, whole: number, seconds: number): PlannedPart => ({ count, of: whole, seconds });
  const searchSeconds = once.search + searched * anEpoch;
  const retrainSeconds = once.retrain + retrained * aRetraining + test;
  return {
    plan: {
      search: alone ? undefined : part(searched, search.epochs, searchSeconds),
      derive: alone ? undefined : part(chosen.candidates + chosen.random, candidates, choiceSeconds),
      retrain: retrain.epochs === 0 ? undefined : part(retrained, retrain.epochs, retrainSeconds),
      seconds: searchSeconds + choiceSeconds + retrainSeconds,
      budget,
      already,
    },
    config: {
      ...config,
      search: { ...search, ...(!alone && { epochs: searched }) },
      derive: { ...derive, ...(!alone && chosen) },
      retrain: { ...retrain, epochs: retrained },
    },
  };
}
