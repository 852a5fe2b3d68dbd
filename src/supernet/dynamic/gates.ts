/** The decisions of an architecture within the graph, as one vector of booleans. */
import { DATA_TYPES } from '../../tensor/kernels/raw-op.js';
import { type FunctionGraph, integer, type, type ValueName } from '../../tensor/plan/index.js';
import { type Chosen } from './structure.js';

const { float32: FLOAT, int32: INTEGER, bool: BOOL } = DATA_TYPES;

export type Decision = (chosen: Chosen) => boolean;

export interface Gates {
  /** A scalar boolean within the function; the same decision has one gate. */
  gate(name: string, decide: Decision): ValueName;
  /** The decisions of an architecture, in the order of the gates. */
  values(chosen: Chosen): boolean[];
}

/** Gates unpacked from an argument whose length is known only once all of them are. */
export function gatesOf(graph: FunctionGraph, vector: ValueName): Gates {
  const decisions: Decision[] = [];
  const known = new Map<string, ValueName>();
  return {
    gate(name, decide) {
      let value = known.get(name);
      if (value === undefined) {
        const index = graph.constant({ shape: [], dtype: INTEGER, data: [decisions.push(decide) - 1] });
        const zero = graph.constant({ shape: [], dtype: INTEGER, data: [0] });
        const gather = graph.node('GatherV2', [vector, index, zero], {
          Tparams: type(BOOL),
          Tindices: type(INTEGER),
          Taxis: type(INTEGER),
          batch_dims: integer(0),
        });
        known.set(name, (value = `${gather}:output:0`));
      }
      return value;
    },
    values: (chosen) => decisions.map((decide) => decide(chosen)),
  };
}

/** The two branches of a value behind a gate. */
export interface Switched {
  readonly whenTrue: ValueName;
  readonly whenFalse: ValueName;
}

/** Sends a value into one branch or the other; nothing that depends on the other branch is computed. */
export function switched(graph: FunctionGraph, value: ValueName, gate: ValueName, dtype: number = FLOAT): Switched {
  const name = graph.node('Switch', [value, gate], { T: type(dtype) });
  return { whenTrue: `${name}:output_true:0`, whenFalse: `${name}:output_false:0` };
}

/** Whichever of these values is computed. */
export function merged(graph: FunctionGraph, values: readonly ValueName[], dtype: number = FLOAT): ValueName {
  if (values.length === 1) return values[0]!;
  return `${graph.node('Merge', values, { T: type(dtype), N: integer(values.length) })}:output:0`;
}

/** A term of a sum, with the decision whether it takes part. */
export interface Term {
  readonly value: ValueName;
  /** Undefined if it always does. */
  readonly gate?: { readonly name: string; readonly decide: Decision } | undefined;
}

/** The sum of the terms that take part, from left to right; not computed if there are none. */
export function gatedSum(
  graph: FunctionGraph,
  gates: Gates,
  name: string,
  terms: readonly Term[],
): ValueName | undefined {
  const add = (a: ValueName, b: ValueName): ValueName => `${graph.node('AddV2', [a, b], { T: type(FLOAT) })}:z:0`;
  let sum: ValueName | undefined;
  let isCertain = false;
  terms.forEach(({ value, gate }, i) => {
    const before = terms.slice(0, i);
    const isFirst: Decision = (chosen) => !before.some((term) => !term.gate || term.gate.decide(chosen));
    if (sum === undefined) {
      sum = gate ? switched(graph, value, gates.gate(gate.name, gate.decide)).whenTrue : value;
    } else if (!gate) {
      if (isCertain) sum = add(sum, value);
      else {
        // The sum so far may not be computed: then this is the first term.
        const first = gates.gate(`${name} term ${i} first`, isFirst);
        const own = switched(graph, value, first);
        sum = merged(graph, [own.whenTrue, add(sum, own.whenFalse)]);
      }
    } else {
      const open = gates.gate(gate.name, gate.decide);
      const so = switched(graph, sum, open);
      const own = switched(graph, value, open).whenTrue;
      if (isCertain) sum = merged(graph, [add(so.whenTrue, own), so.whenFalse]);
      else {
        const first = switched(graph, own, gates.gate(`${name} term ${i} first`, isFirst));
        sum = merged(graph, [first.whenTrue, add(so.whenTrue, first.whenFalse), so.whenFalse]);
      }
    }
    isCertain ||= !gate;
  });
  return sum;
}
