/**
 * The final choice: architectures sampled from the controller, and random ones for comparison, evaluated with
 * the shared weights on the same validation batches; the controller's best is derived.
 */
import { WeftError } from '../../errors.js';
import { stream } from '../../tensor/rng.js';
import { evaluateChild, SHARED_EVALUATION } from '../../training/evaluate.js';
import { withEvaluationWeights } from '../../training/learner.js';
import { scoreByProxies } from '../proxy-scores.js';
import { compareMeans } from '../comparison.js';
import { namedCosts } from '../costs.js';
import { type SearchEvent } from '../events.js';
import { frontOf } from '../front.js';
import { type LatencyTable } from '../latency.js';
import { objectiveNames, ownObjectives } from '../own-objective.js';
import { byQuality, guessingLoss, type Objective } from '../objective.js';
import { type SearchSession } from '../session.js';
import { type Scored } from '../state.js';

/** Evaluates one candidate; after the last one, derives the best. */
export function evaluateCandidate(session: SearchSession): void {
  const {
    config,
    objective: { measure },
    state,
    emit,
  } = session;
  const { candidates, batches } = config.derive;
  const { controller, random } = samplesOf(session);
  const index = state.step;
  const source = index < candidates ? 'controller' : 'random';
  const position = source === 'controller' ? index : index - candidates;
  const scored = score(session, (source === 'controller' ? controller : random)[position]);
  state.candidates[source].push(scored);
  emit({
    type: 'candidate',
    source,
    index: position,
    architecture: scored.architecture,
    hash: scored.hash,
    accuracy: scored.accuracy,
    loss: scored.loss,
    ...(scored.score !== undefined && { score: scored.score }),
    ...(scored.costs && { costs: scored.costs }),
  });
  state.step++;
  if (state.step < candidates + config.derive.random) return;

  scoreByProxies(session);
  const best = chosenOf(session);
  if (state.candidates.controller.every(({ diverged }) => diverged)) sayDiverged(session);
  state.derived = best;
  emit({
    type: 'derived',
    architecture: best.architecture,
    hash: best.hash,
    accuracy: best.accuracy,
    loss: best.loss,
    ...(best.score !== undefined && { score: best.score }),
    candidates,
    distinct: new Set(state.candidates.controller.map(({ hash }) => hash)).size,
    batches: Math.min(batches, session.data.derive.steps),
  });
  if (config.derive.random > 0) {
    const measured = (list: readonly Scored[]): number[] => list.map((scored) => scored[measure]!);
    emit({
      type: 'comparison',
      ...compareMeans(
        measured(state.candidates.controller),
        measured(state.candidates.random),
        measure,
        session.objective.unit,
      ),
    });
  }
  state.step = 0;
  state.epoch = 0;
  state.phase = config.retrain.epochs > 0 ? 'retrain' : 'done';
}

/** The best candidate; with several objectives the knee of their Pareto front, which is reported. */
function chosenOf({
  costs,
  config,
  own: parts,
  objective: { measure },
  state,
  latencies,
  energies,
  emit,
}: SearchSession): Scored {
  const sound = state.candidates.controller.filter(({ diverged }) => !diverged);
  const front = costs && frontOf(sound, measure, costs);
  if (!front) return bestOf(state.candidates.controller, measure);
  const own = ownObjectives(config, parts);
  emit({
    type: 'front',
    objectives: objectiveNames(config, own),
    ...(own.length > 0 && {
      own: own.map(({ name, unit, direction }) => ({ name, unit, direction })),
    }),
    ...(costs.names.includes('latency') && elsewhere(latencies)),
    ...(energies && costs.names.includes('energy') && { energies: { file: energies.file, column: energies.column } }),
    hashes: front.members.map(({ hash }) => hash),
    knee: front.knee.hash,
  });
  return front.knee;
}

/** What to report about latencies that were measured on another device. */
function elsewhere({ device, error }: Partial<LatencyTable> = {}): Pick<
  Extract<SearchEvent, { type: 'front' }>,
  'latencies'
> {
  return device === undefined ? {} : { latencies: { device, ...(error && { error }) } };
}

/** Warns that with diverged shared weights the choice is arbitrary; only retraining may still give a result. */
function sayDiverged({ config, emit }: SearchSession): void {
  const message =
    'no candidate has a finite loss: the shared weights have diverged, and the choice among them is arbitrary';
  const hint = 'lower the learning rate of search.optimizer, or clip the gradient (clipNorm)';
  if (config.retrain.epochs === 0) throw new WeftError('numeric', message, hint);
  emit({ type: 'warning', message: `${message}; ${hint}` });
}

/** The best candidate by the measure. */
function bestOf(candidates: readonly Scored[], measure: Objective['measure'] = 'accuracy'): Scored {
  return [...candidates].sort(byQuality(measure))[0]!;
}

function score(session: SearchSession, sampled: unknown): Scored {
  const { config, data, remedies, space, state, supernet } = session;
  const architecture = remedies.unique?.of(sampled) ?? sampled;
  const encoding = space.encode(architecture);
  const known = [...state.candidates.controller, ...state.candidates.random].find(
    (candidate) => candidate.architecture === encoding,
  );
  if (known) return known;
  state.evaluations++;
  const child = session.child(architecture);
  const steps = Math.min(config.derive.batches, data.derive.steps);
  const {
    accuracy,
    loss,
    score: scored,
  } = withEvaluationWeights(supernet, child.parameterNames, (weights) =>
    evaluateChild(child, weights, data.derive, SHARED_EVALUATION, steps, {
      scoring: session.objective.scoring,
      compiled: supernet.passes,
    }),
  );
  // Recurrent cells may diverge with shared weights: a loss far above guessing carries no information, and would
  // dominate every mean.
  const guessing = guessingLoss(space.task);
  const diverged = !Number.isFinite(loss);
  const told = diverged || (session.objective.measure === 'loss' && loss > guessing) ? guessing : loss;
  const hash = space.canonicalHash(architecture);
  const { costs } = session;
  return {
    architecture: encoding,
    accuracy,
    loss: told,
    hash,
    ...(scored !== undefined && { score: scored }),
    ...(diverged && { diverged }),
    ...(costs && { costs: namedCosts(costs, architecture) }),
  };
}

function samplesOf(session: SearchSession): NonNullable<SearchSession['candidates']> {
  const { config, controller, space } = session;
  if (session.candidates) return session.candidates;
  const rng = stream(config.seed, 'derive-random');
  return (session.candidates = {
    controller: controller.derive(config.derive.candidates, stream(config.seed, 'derive')),
    random: Array.from({ length: config.derive.random }, () => space.sample(rng)),
  });
}
