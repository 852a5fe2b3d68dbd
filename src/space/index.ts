export {
  type Architecture,
  type ArchitectureOf,
  type Choice,
  choiceKind,
  type ChoiceTree,
  isChoice,
  isOneOf,
  isSubset,
  oneOf,
  sizes,
  type OneOf,
  previous,
  type Previous,
  repeat,
  subset,
  type Subset,
} from './choice.js';
export { type ChoiceSpace, choiceSpace, type Constraint } from './choice-space.js';
export type { Decision, Genotype } from './slots.js';
