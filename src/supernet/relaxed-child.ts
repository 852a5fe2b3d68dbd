/**
 * All architectures of a space at once: every edge that depends on a choice is weighted with the probability that it is
 * present, so that the network is a differentiable function of the choices' logits (Liu et al. 2019, arXiv 1806.09055,
 * equation 2). If the mixture puts all probability on one architecture, the value is that architecture's.
 */
import { WeftError } from '../errors.js';
import { type Guard } from '../graph/nodes.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, type Scalar, type Tensor, type Tensor2D } from '../tensor/tf.js';
import { catalogue } from './catalogue.js';
import { type Child, combine, operationContext } from './child.js';

/**
 * Throws WeftError('controller') unless every mixture of the space's architectures is a network: choices between nodes
 * of one shape, and inputs that come and go only in sums.
 */
export function requireRelaxable({ name: space, supernet: { graph, order } }: SearchSpace, strategy: string): void {
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    const gated = graph.someInEdge(name, (_edge, { guard }) => guard !== undefined);
    const problem =
      node.shapes.length > 1
        ? `the shape of '${name}' depends on the architecture`
        : node.kind === 'operation' && node.member
          ? `'${name}' is one of a family of operations`
          : node.kind === 'operation' && node.built.size > 1
            ? `the weights of '${name}' depend on the architecture`
            : node.kind === 'combine' && gated && node.combination !== 'sum'
              ? `'${name}' is a ${node.combination} of inputs that come and go`
              : undefined;
    if (problem)
      throw new WeftError(
        'controller',
        `'${strategy}' cannot mix the architectures of '${space}': ${problem}`,
        'choose another controller, or a space whose choices are between operations with the same output shape',
      );
  }
}

/**
 * The mixture with these logits ([slots, values] by path of the decision) as a child, whose parameters are all of the
 * space's. The logits are borrowed; gradients flow to them as to parameters.
 */
export function createRelaxedChild(space: SearchSpace, logits: NamedTensors): Child {
  const { graph, head, order } = space.supernet;
  const all = catalogue(space.supernet);
  return {
    architecture: undefined,
    encoding: `a mixture of '${space.name}'`,
    nodes: [],
    parameterNames: [...all.parameters.keys()],
    statisticNames: [...all.statistics.keys()],
    forward(parameters, statistics, x, mode) {
      const probability = probabilitiesOf(space, logits);
      const values = new Map<string, Tensor>();
      for (const name of order) {
        const inputs = graph
          .mapInEdges(name, (_edge, { position, guard }, source) => ({ position, guard, value: values.get(source)! }))
          .sort((a, b) => a.position - b.position)
          .map(({ guard, value }) => (guard ? weighted(value, guard, probability) : value));
        const node = graph.getNodeAttributes(name);
        values.set(
          name,
          node.kind === 'input'
            ? x
            : node.kind === 'operation'
              ? [...node.built.values()][0]!.forward(
                  inputs,
                  operationContext(node.weightsOf ?? name, parameters, statistics, mode),
                )
              : combine(node.kind === 'combine' ? node.combination : 'sum', inputs),
        );
      }
      return values.get(head) as Tensor2D;
    },
  };
}

type ProbabilityOf = (slot: number, value: number) => Scalar;

/** Softmax of each slot's logits; scalars are cut out once each. */
function probabilitiesOf({ decisions }: SearchSpace, logits: NamedTensors): ProbabilityOf {
  const rows = new Map<number, Tensor2D>();
  for (const { path, offset, length } of decisions) {
    if (length === 0) continue;
    const all = tf.softmax(logits[path] as Tensor2D, -1);
    for (let slot = 0; slot < length; slot++) rows.set(offset + slot, tf.slice(all, [slot, 0], [1, -1]));
  }
  const scalars = new Map<string, Scalar>();
  return (slot, value) => {
    const key = `${slot} ${value}`;
    const scalar = scalars.get(key) ?? (tf.reshape(tf.slice(rows.get(slot)!, [0, value], [1, 1]), []) as Scalar);
    scalars.set(key, scalar);
    return scalar;
  };
}

/** The value times the probability that the guard holds; slots are independent. */
function weighted(value: Tensor, { terms }: Guard, probability: ProbabilityOf): Tensor {
  const factors = terms.map(({ slot, value: wanted, not }): Tensor =>
    not ? tf.sub(1, probability(slot, wanted)) : probability(slot, wanted),
  );
  return factors.length === 0
    ? value
    : tf.mul(
        value,
        factors.reduce((product, factor) => tf.mul(product, factor)),
      );
}
