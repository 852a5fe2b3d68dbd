/** Defines search spaces: a name, options, a tree of choices, and the graph that they control. */
import { z } from 'zod';
import { type ForecastChange } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type ArchitectureOf, type ChoiceTree } from '../space/choice.js';
import { type ChoiceSpace, choiceSpace, type Constraint } from '../space/choice-space.js';
import { fromLast, lastValue } from '../operations/along-time.js';
import { type Shape } from '../operations/operation.js';
import { sameShape } from '../operations/shapes.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { stream } from '../tensor/rng.js';
import { activate, type ActiveNode } from './activate.js';
import { buildGraph, type GraphBuilder, type NodeRef } from './builder.js';
import { canonicalHash } from './canonical.js';
import { prefixed } from './cell.js';
import { type SupernetGraph } from './nodes.js';

/** The task of the network: the shape of one example and the number of classes, tokens, or regression targets. */
export interface Task {
  /**
   * Classification (the default), `classes` independent labels per example, regression of `classes` numbers, or
   * prediction of the next one of `classes` tokens at each of [T] positions.
   */
  readonly kind?: 'classification' | 'multi-label' | 'regression' | 'language';
  readonly inputShape: Shape;
  readonly classes: number;
  /**
   * For a forecast of a number whose past is in the window: the network predicts the change from its last value, which
   * is added to the outputs.
   */
  readonly change?: ForecastChange;
}

/** The shape of the head's output for one example: a value for each class or target, in language at each position. */
export function logitsShape({ kind, inputShape, classes }: Task): Shape {
  return kind === 'language' ? [...inputShape, classes] : [classes];
}

export interface SpaceDefinition<O extends object, C extends ChoiceTree> {
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description: string;
  /** The options with their defaults and limits. */
  readonly options: z.ZodType<O, unknown>;
  choices(options: O, task: Task): C;
  /**
   * The data that its networks accept, if restricted: `series` are windows of rows [1, T, F], `sequences` these and
   * texts; other data is refused by name before anything is built.
   */
  readonly takes?: 'images' | 'text' | 'series' | 'sequences';
  readonly constraints?: readonly Constraint<ArchitectureOf<C>>[];
  /** Builds the graph from `builder.input` to the logits ([classes], in language [T, classes]), which it returns. */
  graph(builder: GraphBuilder, choices: C, options: O, task: Task): NodeRef;
  /** Options that differ when a found architecture is retrained, for example more filters. */
  readonly retrain?: (options: O) => O;
  /**
   * A text that is equal for architectures that count as one network, if the graph does not show it; by default the
   * hash of what they compute.
   */
  readonly canonical?: (architecture: ArchitectureOf<C>) => string;
}

/** A space with fixed options and task: all of its architectures and their common graph. */
export interface SearchSpace<A = unknown> extends ChoiceSpace<A> {
  readonly options: object;
  readonly task: Task;
  readonly supernet: SupernetGraph;
  /** The child's nodes from input to head. */
  activate(architecture: A): ActiveNode[];
  /** The same for every architecture that computes the same function of the same parameters' shapes. */
  canonicalHash(architecture: A): string;
  /** The same for every architecture that counts as one network: as the space defines it, or the hash. */
  canonicalForm(architecture: A): string;
  /** This space with the options for retraining. */
  forRetraining(): SearchSpace<A>;
  /** This space with further constraints, on the same graph; the space for retraining does not have them. */
  constrain(constraints: readonly Constraint<A>[]): SearchSpace<A>;
}

/** A defined space that still needs options and a task. */
export interface SpaceFactory<O extends object = object, A = unknown> {
  readonly kind: 'weft-space';
  readonly name: string;
  readonly description: string;
  readonly options: z.ZodType<O, unknown>;
  create(options: unknown, task: Task): SearchSpace<A>;
}

/** Defines a search space; see `search-spaces/mlp.ts` for a short example. */
export function defineSpace<O extends object, const C extends ChoiceTree>(
  definition: SpaceDefinition<O, C>,
): SpaceFactory<O, ArchitectureOf<C>> {
  return {
    kind: 'weft-space',
    name: definition.name,
    description: definition.description,
    options: definition.options,
    create(input, task) {
      const parsed = inOwnCode(definitionOf(definition.name), () => definition.options.safeParse(input ?? {}));
      if (!parsed.success)
        throw new WeftError('config', `options of the space '${definition.name}':\n${z.prettifyError(parsed.error)}`);
      return instantiate(definition, parsed.data, task);
    },
  };
}

function instantiate<O extends object, C extends ChoiceTree>(
  definition: SpaceDefinition<O, C>,
  options: O,
  task: Task,
): SearchSpace<ArchitectureOf<C>> {
  requireFitting(definition, task);
  const own = definitionOf(definition.name);
  const tree = inOwnCode(own, () => definition.choices(options, task));
  const choices = choiceSpace(definition.name, tree, constraintsOf(definition)) as ChoiceSpace<ArchitectureOf<C>>;
  // Constraints that contradict each other are found here, not in the middle of a search.
  if (choices.constraints.length > 0) choices.sample(stream('satisfiable', definition.name));
  const supernet = buildGraph(definition.name, choices.decisions, task.inputShape, (builder) =>
    inOwnCode(own, () => fromLastValue(builder, task, (g) => definition.graph(g, tree, options, task))),
  );
  for (const shape of supernet.graph.getNodeAttribute(supernet.head, 'shapes')) {
    if (!sameShape(shape, logitsShape(task))) {
      throw new WeftError(
        'space',
        `'${definition.name}' ends in the shape [${shape.join(', ')}]`,
        `its head must give [${logitsShape(task).join(', ')}], one ${task.kind === 'language' ? 'logit per token at each position' : task.kind === 'regression' ? 'output per number to predict' : 'logit per class'}`,
      );
    }
  }
  const { canonical } = definition;
  const hashOf = (architecture: ArchitectureOf<C>): string =>
    canonicalHash(activate(supernet, choices.genotype(architecture)));
  const withChoices = (some: typeof choices): SearchSpace<ArchitectureOf<C>> => ({
    ...some,
    options,
    task,
    supernet,
    activate: (architecture) => activate(supernet, choices.genotype(architecture)),
    canonicalHash: hashOf,
    canonicalForm: canonical ? (architecture) => inOwnCode(own, () => canonical(architecture)) : hashOf,
    forRetraining: () => instantiate(definition, inOwnCode(own, () => definition.retrain?.(options)) ?? options, task),
    constrain: (further) => withChoices(choiceSpace(definition.name, tree, [...some.constraints, ...further])),
  });
  return withChoices(choices);
}

/**
 * The graph that `write` describes. If the task is to predict a change, its input has a further column, relative to the
 * last row, and the last value is added to its output.
 */
function fromLastValue(builder: GraphBuilder, { change }: Task, write: (builder: GraphBuilder) => NodeRef): NodeRef {
  if (!change) return write(builder);
  const input = builder.apply('change/window', fromLast(change), builder.input);
  const inner: GraphBuilder = { ...builder, input, within: (prefix) => prefixed(inner, prefix) };
  const predicted = write(inner);
  return builder.combine('change/sum', 'sum', [
    predicted,
    builder.apply('change/last', lastValue(change), builder.input),
  ]);
}

/** Its constraints; errors name them. */
function constraintsOf<C extends ChoiceTree>({
  name,
  constraints = [],
}: Pick<SpaceDefinition<object, C>, 'name' | 'constraints'>): Constraint<ArchitectureOf<C>>[] {
  return constraints.map((constraint) => {
    const part = { ...definitionOf(name), what: `the constraint '${constraint.name}' of the space '${name}'` };
    return { name: constraint.name, holds: (architecture) => inOwnCode(part, () => constraint.holds(architecture)) };
  });
}

function requireFitting(
  { name, takes }: Pick<SpaceDefinition<object, ChoiceTree>, 'name' | 'takes'>,
  task: Task,
): void {
  const { kind, inputShape } = task;
  const [height, width, channels] = inputShape;
  const isSeries = kind !== 'language' && height === 1 && width! > 1;
  if (takes === 'images' && kind === 'language')
    throw new WeftError(
      'config',
      `'${name}' searches networks for images, but the data is a text`,
      'set space.name to transformer, rnn-cell or lstm, or data.source to images',
    );
  if (takes === 'images' && height === 1 && width === 1)
    throw new WeftError(
      'config',
      `'${name}' searches networks for images, but the data has rows of ${channels} numbers`,
      'set space.name to mlp; if a row is an image, set data.imageShape to its height, width and channels',
    );
  if (takes === 'text' && kind !== 'language')
    throw new WeftError(
      'config',
      `'${name}' searches language models, but the data is not a text`,
      `set space.name to ${isSeries ? 'conv-1d or transformer for series' : 'macro-cnn for images or to mlp for anything'}, or data.source to a text`,
    );
  if ((takes === 'series' && !isSeries) || (takes === 'sequences' && !isSeries && kind !== 'language'))
    throw new WeftError(
      'config',
      `'${name}' searches networks for ${takes === 'series' ? 'series of numbers' : 'texts and series of numbers'}, but the data is ${kind === 'language' ? 'a text' : height === 1 ? `single rows of ${channels} numbers` : 'images'}`,
      kind === 'language'
        ? 'set space.name to transformer, rnn-cell or lstm'
        : 'set space.name to macro-cnn for images or to mlp for anything; data.window combines consecutive rows of a table into series',
    );
}

/** The definition, in messages; what fails in it is its own, whoever wrote it. */
const definitionOf = (name: string): Part => ({
  code: 'space',
  what: `the definition of the space '${name}'`,
  own: true,
});
