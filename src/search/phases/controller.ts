/** Phase 2 of an epoch: the controller learns from rewards on validation batches, with the shared weights fixed. */
import { largestOf } from '../../statistics/extremes.js';
import { namesOf } from '../../supernet/child.js';
import { stream } from '../../tensor/rng.js';
import { withBatch } from '../../training/batch.js';
import { evaluateTogether, SHARED_EVALUATION } from '../../training/evaluate.js';
import { withEvaluationWeights } from '../../training/learner.js';
import { namedCosts } from '../costs.js';
import { sharpnessOfChild, sharpnessPenalty } from '../sharpness.js';
import { type SearchSession } from '../session.js';

/** One controller update; all architectures of a round are evaluated on the same batch. */
export function updateController(session: SearchSession): void {
  const { config, controller, state, emit, space } = session;
  const { epoch, step: round } = state;
  const proposals = controller.propose(config.search.samplesPerRound, stream(config.seed, 'proposals', epoch, round));
  const rewards = rewardsOf(session, proposals, round);
  const { costs } = session;
  if (costs)
    emit({
      type: 'proposals',
      epoch,
      round,
      networks: proposals.map((architecture, i) => ({
        architecture: space.encode(architecture),
        reward: rewards[i]!,
        costs: namedCosts(costs, architecture),
      })),
    });
  const metrics = controller.observe(
    proposals.map((architecture, i) => ({
      architecture,
      reward: rewards[i]!,
      ...(costs && { costs: costs.of(architecture) }),
    })),
  );

  const best = rewards.indexOf(largestOf(rewards));
  if (!state.best || rewards[best]! > state.best.reward)
    state.best = { architecture: space.encode(proposals[best]), reward: rewards[best]! };
  const sum = rewards.reduce((total, reward) => total + reward, 0);
  state.rewardSum += sum;
  state.rewardCount += rewards.length;
  if (metrics['entropy'] !== undefined) {
    state.entropySum += metrics['entropy'];
    state.entropyCount++;
  }
  emit({
    type: 'controller-round',
    epoch,
    round,
    reward: sum / rewards.length,
    best: rewards[best]!,
    metrics: { ...metrics },
  });
  state.step++;
  if (state.step < config.search.rounds) return;
  state.step = 0;
  state.phase = 'epoch-end';
}

/** Reward of each architecture with shared weights on one validation batch, minus the sharpness penalty. */
export function rewardsOf(session: SearchSession, architectures: readonly unknown[], round: number): number[] {
  const { data, objective, supernet, state } = session;
  state.evaluations += architectures.length;
  return withBatch(
    data.reward,
    Math.floor(round / data.reward.steps) + state.epoch * REWARD_EPOCHS,
    round % data.reward.steps,
    (batch) => {
      const children = architectures.map(session.child);
      const { sharpness } = session.config.search;
      return withEvaluationWeights(supernet, namesOf(children), (weights) => {
        const rewards = evaluateTogether(children, weights, batch, SHARED_EVALUATION, {
          scoring: objective.scoring,
          compiled: supernet.passes,
        }).map(objective.reward);
        if (sharpness.weight === 0) return rewards;
        return rewards.map(
          (reward, i) =>
            reward -
            sharpnessPenalty(sharpness, sharpnessOfChild(children[i]!, weights, batch, sharpness, session.config.seed)),
        );
      });
    },
  );
}

/**
 * Number of passes over the validation part reserved for each epoch: far more than it needs, so that epochs never share
 * an order.
 */
const REWARD_EPOCHS = 1000;
