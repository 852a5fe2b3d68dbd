/**
 * Architectures and hyper-parameters as one space, so that every strategy samples, mutates and crosses both in the same
 * way.
 */
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { type ChoiceTree, onScale, oneOf, type OneOf } from '../../space/choice.js';
import { choiceSpace, type ChoiceSpace, type Constraint } from '../../space/choice-space.js';
import { conditionalSpace } from './conditional.js';
import { applying, type Hyperparameter, type Hyperparameters } from './values.js';

/** An architecture with one option for each hyper-parameter. */
export type Joint<A> = {
  readonly network: A;
  readonly chosen: readonly string[];
};

/** An architecture with its hyper-parameters. */
export interface Candidate {
  /** Text encoding. */
  readonly architecture: string;
  /** Values by path; empty if none are searched. */
  readonly hyperparameters: Hyperparameters;
}

/** Separates an architecture from its hyper-parameters in the text of a candidate. */
const SEPARATOR = '\t';

/** The text that identifies a candidate: that of the architecture, followed by the values, if there are any. */
export const candidateText = ({ architecture, hyperparameters }: Candidate): string =>
  Object.keys(hyperparameters).length === 0
    ? architecture
    : `${architecture}${SEPARATOR}${JSON.stringify(hyperparameters)}`;

/** The candidate with this text. */
export function readCandidate(text: string): Candidate {
  const [architecture, values] = text.split(SEPARATOR) as [string, string?];
  return { architecture, hyperparameters: values === undefined ? {} : (JSON.parse(values) as Hyperparameters) };
}

/**
 * The space of all architectures with all values of the hyper-parameters that are accepted together. Each
 * hyper-parameter is an additional choice: along its scale, or among listed values. Graphs, hashes and proxies are
 * those of the networks; the text of an element is the candidate's. A hyper-parameter that does not apply with
 * the others is not part of the text and keeps its middle value.
 */
export function jointSpace<A>(
  space: SearchSpace<A>,
  hyperparameters: readonly Hyperparameter[],
  accepts?: (values: Hyperparameters) => boolean,
): SearchSpace<Joint<A>> {
  const tree = { network: space.tree, chosen: hyperparameters.map(choiceOf) };
  const valuesOf = (chosen: Joint<A>['chosen']): Hyperparameters =>
    applying(
      hyperparameters,
      Object.fromEntries(hyperparameters.map(({ path, values }, i) => [path, values[placeOf(chosen[i]!)]!])),
    );
  const settle = ({ network, chosen }: Joint<A>): Joint<A> => {
    const values = valuesOf(chosen);
    return {
      network,
      chosen: hyperparameters.map(({ path, values: all }, i) =>
        Object.hasOwn(values, path) ? chosen[i]! : unused(i, all.length),
      ),
    };
  };
  const isConditional = hyperparameters.some(({ applies }) => applies !== undefined);
  const inUse: Constraint<Joint<A>> = {
    name: 'hyper-parameters that do not apply have their middle values',
    holds: (one) => settle(one).chosen.every((option, i) => option === one.chosen[i]),
  };

  const together: Constraint<Joint<A>>[] = accepts
    ? [
        {
          name: 'the configuration takes the hyper-parameters together',
          holds: ({ chosen }) => accepts(valuesOf(chosen)),
        },
      ]
    : [];

  const joined = (inner: SearchSpace<A>, further: readonly Constraint<Joint<A>>[]): SearchSpace<Joint<A>> => {
    const lifted = inner.constraints.map(({ name, holds }) => ({
      name,
      holds: ({ network }: Joint<A>) => holds(network),
    }));
    const constraints = [...lifted, ...together, ...further];
    const chosenFrom = (all: readonly Constraint<Joint<A>>[]): ChoiceSpace<Joint<A>> =>
      choiceSpace(inner.name, tree as ChoiceTree, all as never) as unknown as ChoiceSpace<Joint<A>>;
    const open = chosenFrom(constraints);
    const choices = isConditional
      ? conditionalSpace({ settled: chosenFrom([...constraints, inUse]), open, settle })
      : open;
    return {
      ...choices,
      options: inner.options,
      task: inner.task,
      supernet: inner.supernet,
      activate: ({ network }) => inner.activate(network),
      canonicalHash: ({ network, chosen }) => withValues(inner.canonicalHash(network), chosen),
      canonicalForm: ({ network, chosen }) => withValues(inner.canonicalForm(network), chosen),
      encode: ({ network, chosen }) => withValues(inner.encode(network), chosen),
      decode(text) {
        const { architecture, hyperparameters: values } = readCandidate(text);
        return choices.validate({
          network: inner.decode(architecture),
          chosen: hyperparameters.map((one, i) =>
            one.applies && !Object.hasOwn(values, one.path)
              ? unused(i, one.values.length)
              : optionOf(i, indexOf(one, values)),
          ),
        });
      },
      forRetraining: () => joined(inner.forRetraining(), []),
      constrain: (more) => joined(inner, [...further, ...more]),
    };
  };
  const withValues = (text: string, chosen: Joint<A>['chosen']): string =>
    candidateText({ architecture: text, hyperparameters: valuesOf(chosen) });
  return joined(space, []);
}

/**
 * The name of an option from the indices of its hyper-parameter and itself, so that no two hyper-parameters share
 * names.
 */
const optionOf = (parameter: number, index: number): string => `h${parameter}v${index}`;
/**
 * The option of a hyper-parameter that does not apply: the middle one, from which a strategy starts where it applies.
 */
const unused = (parameter: number, count: number): string => optionOf(parameter, Math.floor(count / 2));
const placeOf = (option: string): number => Number(option.slice(option.indexOf('v') + 1));

function choiceOf({ values, places }: Hyperparameter, parameter: number): OneOf<string> {
  const options = values.map((_, index) => optionOf(parameter, index));
  return places ? onScale(options, places) : oneOf(options);
}

function indexOf({ path, values }: Hyperparameter, found: Hyperparameters): number {
  const index = values.indexOf(found[path]!);
  if (index >= 0) return index;
  throw new WeftError(
    'architecture',
    `the candidate has ${JSON.stringify(found[path]) ?? 'nothing'} for ${path}, which is not one of its values`,
    'search.hyperparameters has changed since the candidate was found',
  );
}
