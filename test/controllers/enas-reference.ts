/**
 * The ENAS policy in plain loops of float64, one architecture at a time, written from the description of the
 * algorithm alone: what the batched policy is compared with.
 */

export type Weights = Record<string, { shape: readonly number[]; values: Float64Array }>;

export interface ReferenceOptions {
  temperature: number | null;
  tanhConstant: number | null;
  skipLogit: 'single' | 'pair';
  skipTarget: number;
}

export interface ReferenceTerms {
  logProbability: number;
  entropy: number;
  sampledEntropy: number;
  skipPenalty: number;
}

/** x [I] times matrix [I,O]. */
function times(x: readonly number[], { shape, values }: Weights[string]): number[] {
  const outputs = shape[1]!;
  return Array.from({ length: outputs }, (_, o) =>
    x.reduce((sum, value, i) => sum + value * values[i * outputs + o]!, 0),
  );
}

function row({ shape, values }: Weights[string], index: number): number[] {
  return Array.from(values.subarray(index * shape[1]!, (index + 1) * shape[1]!));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Macro space: per layer an operation, then connections to any earlier layers. */
export function macroReference(
  w: Weights,
  table: string,
  layers: readonly { op: number; skip: readonly boolean[] }[],
  options: ReferenceOptions,
): ReferenceTerms {
  const { temperature, tanhConstant, skipLogit, skipTarget } = options;
  const size = w['start']!.shape[1]!;
  let h = new Array<number>(size).fill(0);
  let c = [...h];
  let input = row(w['start']!, 0);
  const terms = { logProbability: 0, entropy: 0, sampledEntropy: 0, skipPenalty: 0 };
  const anchors: number[][] = [];
  let penalized = 0;

  const lstm = (): void => {
    const gates = times([...input, ...h], w['lstm']!);
    const part = (k: number, j: number): number => gates[k * size + j]!;
    c = c.map((old, j) => sigmoid(part(1, j)) * old + sigmoid(part(0, j)) * Math.tanh(part(3, j)));
    h = c.map((cell, j) => sigmoid(part(2, j)) * Math.tanh(cell));
  };
  const bound = (u: number): number => {
    const cooled = temperature === null ? u : u / temperature;
    return tanhConstant === null ? cooled : tanhConstant * Math.tanh(cooled);
  };
  const decide = (probabilities: readonly number[], index: number): void => {
    const p = probabilities[index]!;
    terms.logProbability += Math.log(p);
    terms.sampledEntropy -= p * Math.log(p);
    for (const each of probabilities) terms.entropy -= each * Math.log(each);
  };

  for (const { op, skip } of layers) {
    lstm();
    const weights = times(h, w[`${table}/kernel`]!).map((u) => Math.exp(bound(u)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    decide(
      weights.map((weight) => weight / total),
      op,
    );
    input = row(w[`${table}/embedding`]!, op);
    lstm();
    if (anchors.length === 0) {
      input = row(w['start']!, 0);
    } else {
      const query = times(h, w['attention/query']!);
      let penalty = 0;
      skip.forEach((flag, j) => {
        const mixed = times(anchors[j]!, w['attention/anchor']!).map((key, i) => Math.tanh(key + query[i]!));
        const logit = bound(times(mixed, w['attention/vector']!)[0]!);
        const yes = sigmoid((skipLogit === 'pair' ? 2 : 1) * logit);
        decide([1 - yes, yes], Number(flag));
        const p = [sigmoid(-logit), sigmoid(logit)];
        penalty += p[0]! * Math.log(p[0]! / (1 - skipTarget)) + p[1]! * Math.log(p[1]! / skipTarget);
      });
      terms.skipPenalty += penalty;
      penalized++;
      const selected = anchors.filter((_, j) => skip[j]);
      input = h.map((_, i) => selected.reduce((sum, anchor) => sum + anchor[i]!, 0) / (1 + selected.length));
    }
    anchors.push(h);
  }
  terms.skipPenalty /= Math.max(1, penalized);
  return terms;
}
