/** The end of an epoch: compares the controller's samples with random ones, and decides what comes next. */
import { stream } from '../../tensor/rng.js';
import { withBatch } from '../../training/batch.js';
import { evaluateTogether, SHARED_EVALUATION } from '../../training/evaluate.js';
import { observeValidation } from '../../training/learner.js';
import { watchCollapse } from '../collapse.js';
import { measureWidths } from '../forgetting/widths.js';
import { type SearchSession } from '../session.js';
import { rewardsOf } from './controller.js';

/** Probes random architectures, reports the epoch, and moves on to the next one or to derivation. */
export function endEpoch(session: SearchSession): void {
  const { config, controller, space, state, emit, forgetting, supernet } = session;
  const { epoch } = state;
  const probe = stream(config.seed, 'probe', epoch);
  const random = rewardsOf(
    session,
    Array.from({ length: config.search.probe }, () => space.sample(probe)),
    config.search.rounds,
  );
  emit({
    type: 'epoch',
    epoch,
    loss: state.lossSum / state.lossCount,
    reward: state.rewardCount > 0 ? state.rewardSum / state.rewardCount : null,
    random: random.length > 0 ? random.reduce((sum, reward) => sum + reward, 0) / random.length : null,
    entropy: state.entropyCount > 0 ? state.entropySum / state.entropyCount : null,
    best: state.best,
  });
  const preferences = controller.preferences?.(stream(config.seed, 'preferences', epoch));
  if (preferences)
    emit({
      type: 'preferences',
      epoch,
      decisions: Object.fromEntries(
        Object.entries(preferences).map(([path, rows]) => [path, rows.map((row) => [...row])]),
      ),
    });
  forgetting?.endEpoch(
    state.rewardCount > 0 ? state.rewardSum / state.rewardCount : null,
    epoch + 1 >= config.search.epochs || state.budgetReached,
  );
  if (config.forgetting.widths && epoch % config.forgetting.every === 0) emit(measureWidths(session));
  if (config.search.elastic) watchCollapse(session);
  observeValidation(supernet, () => validationLoss(session));
  Object.assign(state, { lossSum: 0, lossCount: 0, rewardSum: 0, rewardCount: 0, entropySum: 0, entropyCount: 0 });
  state.epoch++;
  const over = state.epoch >= config.search.epochs;
  if (state.budgetReached && !over) emit({ type: 'budget-reached', epoch });
  state.phase = over || state.budgetReached ? 'derive' : 'weights';
}

/**
 * Number of architectures whose mean validation loss represents that of the shared weights: the same ones every epoch,
 * on the same batch.
 */
const OBSERVED = 8;

function validationLoss({ child, config, data, space, supernet }: SearchSession): number {
  const rng = stream(config.seed, 'observed');
  const children = Array.from({ length: OBSERVED }, () => child(space.sample(rng)));
  const evaluations = withBatch(data.revisited, 0, 0, (batch) =>
    evaluateTogether(children, supernet.store, batch, SHARED_EVALUATION, { compiled: supernet.passes }),
  );
  return evaluations.reduce((sum, { loss }) => sum + loss, 0) / OBSERVED;
}
