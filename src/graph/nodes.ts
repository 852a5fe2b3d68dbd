/**
 * The supernet as a graph: what nodes and edges carry. Every candidate network of a space is the part of
 * this graph that remains when its choices are made.
 */
import { type MultiDirectedGraph } from 'graphology';
import { type Genotype } from '../space/slots.js';
import { type BuiltOperation, type Operation, type Shape } from '../operations/operation.js';

/** When an edge is part of a child: a predicate on the genotype, and its description for drawings and messages. */
export interface Guard {
  readonly label: string;
  holds(genotype: Genotype): boolean;
  /** The conditions of `holds`, all of which must be true: that a slot has this value, or (`not`) another one. */
  readonly terms: readonly { readonly slot: number; readonly value: number; readonly not?: true }[];
}

/** How several inputs are combined. */
export type Combination = 'sum' | 'mean' | 'product' | 'concat';

/** An operation of some sizes, built for inputs of these shapes (`shapeKey`). */
export interface ElasticMember {
  readonly operation: Operation;
  readonly shapes: string;
  readonly built: BuiltOperation;
}

interface NodeBase {
  /** Every shape that can leave this node, over all architectures. */
  readonly shapes: readonly Shape[];
}

export type NodeAttributes =
  | (NodeBase & { readonly kind: 'input' })
  | (NodeBase & {
      readonly kind: 'operation';
      readonly operation: Operation;
      /** The operation built for each combination of input shapes that can occur, by `shapeKey`. */
      readonly built: ReadonlyMap<string, BuiltOperation>;
      /** If the operation is one of a family: the part of the genotype that decides which, and the operation itself. */
      readonly member?: { choices(genotype: Genotype): Genotype; operation(choices: Genotype): Operation };
      /** If its members read slices of its weights: each of them on each of its inputs. */
      readonly elastic?: readonly ElasticMember[];
      /** The node whose weights this one uses, if they are not its own. */
      readonly weightsOf?: string;
    })
  /** Passes on the one input whose guard holds. */
  | (NodeBase & { readonly kind: 'select' })
  | (NodeBase & { readonly kind: 'combine'; readonly combination: Combination });

export interface EdgeAttributes {
  /** Position among the inputs of the target. */
  readonly position: number;
  readonly guard: Guard | undefined;
}

export interface SupernetGraph {
  readonly graph: MultiDirectedGraph<NodeAttributes, EdgeAttributes>;
  readonly input: string;
  /** The node whose output is the network's output. */
  readonly head: string;
  /** Nodes from the input to the head, in an order in which every node follows its inputs. */
  readonly order: readonly string[];
}

/** Identifies a combination of input shapes, for example `8x8x24`. */
export function shapeKey(shapes: readonly Shape[]): string {
  return shapes.map((shape) => shape.join('x')).join(',');
}
