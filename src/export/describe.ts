/** A network in plain JSON: together with the weights of the same names it can be rebuilt in any framework. */
import { type ActiveNode } from '../graph/index.js';
import { type Model } from '../search/model.js';

/** The choices that were made, and the nodes from the input to the logits, inputs before their users. */
export function describeArchitecture({ card, child, space }: Model): object {
  const { options, task, architecture, normalization, classNames, targets, temperature } = card;
  return {
    space: space.name,
    options,
    task,
    architecture,
    choices: child.architecture,
    normalization,
    classNames,
    ...(targets && { targets }),
    // The divisor of the last node's output.
    ...(temperature !== undefined && { temperature }),
    layout: 'NHWC',
    nodes: child.nodes.map(describeNode),
  };
}

function describeNode(node: ActiveNode): object {
  const { name, inputs, output } = node;
  switch (node.kind) {
    case 'input':
      return { name, kind: 'input', output };
    case 'combine':
      return { name, kind: node.combination, inputs, output };
    case 'operation': {
      const {
        operation: { kind, config },
        built: { parameters, statistics = {} },
        prefix,
      } = node;
      const tensors = [...Object.keys(parameters), ...Object.keys(statistics)].map((local) => `${prefix}/${local}`);
      return { name, kind, config, inputs, output, ...(tensors.length > 0 && { tensors }) };
    }
  }
}
