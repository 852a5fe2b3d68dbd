/** A child being trained by one optimizer: the unit of comparison in studies. */
import { type Child, optimizers, type SearchSpace } from 'weft-nas';
import { training } from 'weft-nas/study';

export interface StudyLearner extends Pick<training.Learner, 'store' | 'state'> {
  readonly name: string;
  steps: number;
  /** Number of batch gradients that these steps have cost. */
  gradients: number;
  notes: Set<string>;
  /** One step; returns the loss before it. If it has to be observed, it runs kernel by kernel instead of compiled. */
  learn(batch: training.TensorBatch, watched?: 'watched'): number;
  dispose(): void;
}

export function learner(
  name: string,
  child: Child,
  space: SearchSpace,
  optimizer: optimizers.OptimizerConfigInput,
  { seed, totalSteps, smoothing }: { seed: number; totalSteps: number; smoothing?: number },
): StudyLearner {
  const weights = training.createLearner(space, seed, {
    optimizer,
    stepsPerEpoch: totalSteps,
    totalSteps,
    child,
  });
  const self: StudyLearner & Pick<training.Learner, 'compiled'> = {
    name,
    ...weights,
    steps: 0,
    gradients: 0,
    notes: new Set(),
    learn(batch, watched) {
      const mode = { training: true, normalization: 'batch', seed: `${seed}/study/${self.steps}` } as const;
      const { state, loss, notes, gradientEvaluations } = training.trainStep({
        ...self,
        compiled: watched ? undefined : self.compiled,
        trainer: weights.trainer,
        child,
        batch,
        mode,
        step: self.steps,
        due: totalSteps - self.steps,
        smoothing,
      });
      self.state = state;
      self.steps++;
      self.gradients += gradientEvaluations;
      notes.forEach((note) => self.notes.add(note));
      return loss;
    },
    dispose: () => training.disposeLearner({ ...weights, state: self.state }),
  };
  return self;
}

/**
 * Number of steps affordable with this many batch gradients: a step of G-TRACER costs a single gradient while its
 * Fisher information settles.
 */
export function stepsWithin(gradients: number, optimizer: optimizers.OptimizerConfigInput): number {
  const cost = optimizers.createTrainer(optimizer, { stepsPerEpoch: 1, totalSteps: 1 }).gradientEvaluations;
  const single = 'settle' in optimizer ? Math.min(optimizer.settle ?? 0, gradients) : 0;
  return Math.max(1, single + Math.floor((gradients - single) / cost));
}
