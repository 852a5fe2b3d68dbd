/** Adds the links' penalties to the loss, in every gradient of it. */
import { disposeNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';
import { type Link } from './link.js';
import { type Evaluate, type StepContext } from './loss.js';
import { difference, plusScaled, scaled } from './named-arithmetic.js';

type Penalty = NonNullable<Link['penalty']>;

/**
 * The loss with the links' penalties: their gradients are added to its own wherever it is taken, and their Hessians to
 * its products. Runs inside a tidy.
 */
export function penalized(
  links: readonly Link[],
  evaluate: Evaluate,
  context: StepContext,
): { evaluate: Evaluate; context: StepContext } {
  const penalties = links.flatMap(({ penalty }) => penalty ?? []);
  if (penalties.length === 0) return { evaluate, context };
  const { hessianVectorProduct } = context;
  return {
    evaluate(parameters, { capture, ...options }) {
      // A penalty is added to a gradient, so no gradient may be left out.
      const evaluated = evaluate(
        parameters,
        capture ? { ...options, capture: { ...capture, skipDense: false } } : options,
      );
      return penalties.reduce(
        (sum, penalty) => ({ ...sum, gradients: joined(sum.gradients, penalty(parameters)) }),
        evaluated,
      );
    },
    context: {
      ...context,
      ...(hessianVectorProduct && {
        hessianVectorProduct(parameters: NamedTensors, vector: NamedTensors) {
          const { product, reasons } = hessianVectorProduct(parameters, vector);
          const sum = penalties.reduce((total, penalty) => {
            const term = penaltyTimes(penalty, parameters, vector);
            return term ? plusScaled(total, 1, term) : total;
          }, product);
          return { product: sum, reasons };
        },
      }),
    },
  };
}

/** The gradients plus those of a penalty; disposes what it replaces. */
function joined(gradients: NamedTensors, penalty: NamedTensors | undefined): NamedTensors {
  if (!penalty) return gradients;
  const names = Object.keys(penalty).filter((name) => gradients[name]);
  const sums = Object.fromEntries(names.map((name) => [name, tf.add(gradients[name]!, penalty[name]!)]));
  disposeNamed(pickNamed(gradients, names));
  return { ...gradients, ...sums };
}

/** How the gradient of a penalty changes along the vector. It is linear in the weights, so a difference is exact. */
function penaltyTimes(penalty: Penalty, parameters: NamedTensors, vector: NamedTensors): NamedTensors | undefined {
  const [ahead, behind] = [1, -1].map((sign) => penalty(plusScaled(parameters, sign, vector)));
  return ahead && behind && scaled(difference(ahead, behind), 1 / 2);
}
