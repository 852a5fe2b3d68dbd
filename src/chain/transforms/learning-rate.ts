import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Schedule } from '../schedule.js';
import { type Link } from '../link.js';

/** u <- -rate(step) u: turns a direction into the update that is added to the parameters. */
export function scaleByLearningRate(schedule: Schedule): Link {
  return {
    name: 'learning-rate',
    elementwise: { slots: [] },
    learningRate: schedule,
    update(updates, { scalar }) {
      const factor = scalar(({ step }) => -schedule(step));
      return mapNamed(updates, (update) => tf.mul(update, factor));
    },
  };
}

/** u <- rate u in a step that has its own rate (`StepContext.rate`). Comes after the links whose update it scales. */
export function stepRate(): Link {
  return {
    name: 'step-rate',
    elementwise: { slots: [] },
    update(updates, { scalar }) {
      const factor = scalar(({ rate }) => rate);
      return mapNamed(updates, (update) => tf.mul(update, factor));
    },
  };
}
