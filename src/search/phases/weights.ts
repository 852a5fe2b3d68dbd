/**
 * Phase 1 of an epoch: trains the shared weights, one sampled child per batch, with the controller fixed (ENAS, arXiv
 * 1802.03268, section 2.2).
 */
import { stream } from '../../tensor/rng.js';
import { searchStep } from '../search-step.js';
import { descendMixture, mixtureOf } from '../relaxation.js';
import { trainWithRemedies } from '../remedies/index.js';
import { largestEpochsOf, sandwichUpdates } from '../sandwich.js';
import { type SearchSession } from '../session.js';
import { sortAfterLargest } from '../sort-largest.js';
import { trackSharedSharpness } from '../sharpness.js';

/** One training step; ends the phase after the last one of the epoch. */
export function trainSharedWeights(session: SearchSession): void {
  const { config, data, supernet, state, emit, forgetting, remedies } = session;
  const { epoch, step, globalStep } = state;
  const { batchesPerArchitecture } = config.search;
  const index = Math.floor(step / batchesPerArchitecture);
  if (epoch > 0 && epoch === largestEpochsOf(config.search) && step === 0) sortAfterLargest(session);
  if (step === 0) remedies.importance?.startEpoch(epoch);
  descendMixture(session);
  const mixture = mixtureOf(session);
  const child = mixture ?? session.child(architecturesOf(session, epoch)[index]);
  if (step === 0) forgetting?.startEpoch(epoch);
  if (step % batchesPerArchitecture === 0) forgetting?.beginArchitecture(child, index);
  trackSharedSharpness(session);
  const [first, ...further] = config.search.elastic ? sandwichUpdates(session, child) : [{ child }];
  const now = { epoch, step, globalStep };
  const report = trainWithRemedies(session, child, (changed) =>
    searchStep(session, supernet, 'search', {
      ...first!,
      ...changed,
      ...now,
      isMixture: mixture !== undefined,
      ...(!config.search.elastic && forgetting?.during(child, globalStep)),
    }),
  );
  for (const update of further)
    searchStep(session, supernet, 'search', { ...update, source: data.train, ...now }, { isLogged: false });
  const { loss } = report;
  forgetting?.afterStep(report);
  if ((step + 1) % batchesPerArchitecture === 0 || step + 1 === data.train.steps)
    forgetting?.endArchitecture(child, index, globalStep);
  state.globalStep++;
  state.step++;
  if (step % config.logEvery === 0) emit({ type: 'weights-step', epoch, step, loss, architecture: child.encoding });
  if (state.step < data.train.steps) return;
  emit({
    type: 'weights-epoch',
    epoch,
    loss: state.lossSum / state.lossCount,
    architectures: architecturesOf(session, epoch).length,
  });
  session.sampled = undefined;
  state.step = 0;
  state.phase = epoch >= config.search.warmupEpochs && config.search.rounds > 0 ? 'controller' : 'epoch-end';
}

/**
 * Architectures of an epoch, sampled all at once: the controller does not change during the phase, so drawing
 * them together is the same as drawing them one by one.
 */
function architecturesOf(session: SearchSession, epoch: number): readonly unknown[] {
  if (session.sampled?.epoch === epoch) return session.sampled.architectures;
  const { config, space, controller, data, remedies } = session;
  const rng = stream(config.seed, 'architectures', epoch);
  const count = Math.ceil(data.train.steps / config.search.batchesPerArchitecture);
  const paths = remedies.importance?.paths();
  const architectures = paths
    ? Array.from({ length: count }, () => paths.sample(rng))
    : remedies.importance?.watchesPaths || epoch < config.search.warmupEpochs
      ? Array.from({ length: count }, () => space.sample(rng))
      : controller.sample(count, rng);
  session.sampled = { epoch, architectures };
  return architectures;
}
