import { type SearchSpace } from '../graph/define-space.js';

/** The architecture that a text encodes, or undefined if it does not belong to the space. */
export function decoded(space: SearchSpace, text: string): unknown {
  try {
    return space.decode(text);
  } catch {
    return undefined;
  }
}
