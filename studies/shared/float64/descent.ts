/**
 * Full-batch gradient descent and SAM in float64 on problems of a few hundred weights, a million steps per minute:
 * plain arrays, nothing allocated within a step.
 */

export interface SmallProblem {
  readonly size: number;
  /** Loss at `weights`; writes the gradient into `gradient`. */
  evaluate(weights: Float64Array, gradient: Float64Array): number;
}

export interface Descent {
  readonly weights: Float64Array;
  /** Takes so many steps. */
  run(steps: number): void;
  /** Loss, norm of the gradient and (for SAM) gradient at the perturbed weights, here and now. */
  look(): { loss: number; norm: number; gradient: Float64Array; perturbed: Float64Array };
}

const NORM_EPSILON = 1e-12;

/** w ← w − η·g(w + ρ·g/‖g‖); with ρ = 0 plain gradient descent. Owns a copy of the weights. */
export function descend(
  { size, evaluate }: SmallProblem,
  start: Float64Array,
  { learningRate, rho = 0 }: { learningRate: number; rho?: number },
): Descent {
  const weights = Float64Array.from(start);
  const gradient = new Float64Array(size);
  const there = new Float64Array(size);
  const perturbed = new Float64Array(size);
  const climb = (): void => {
    const scale = rho / (norm(gradient) + NORM_EPSILON);
    for (let i = 0; i < size; i++) there[i] = weights[i]! + scale * gradient[i]!;
    evaluate(there, perturbed);
  };
  return {
    weights,
    run(steps) {
      const used = rho > 0 ? perturbed : gradient;
      for (let step = 0; step < steps; step++) {
        evaluate(weights, gradient);
        if (rho > 0) climb();
        for (let i = 0; i < size; i++) weights[i]! -= learningRate * used[i]!;
      }
    },
    look() {
      const loss = evaluate(weights, gradient);
      if (rho > 0) climb();
      return {
        loss,
        norm: norm(gradient),
        gradient: Float64Array.from(gradient),
        perturbed: Float64Array.from(rho > 0 ? perturbed : gradient),
      };
    },
  };
}

export interface Power {
  /** Largest |eigenvalue| of the Hessian, with its sign, at these weights; starts from the vector of the last call. */
  top(weights: Float64Array): number;
  /** Its unit eigenvector. */
  readonly vector: Float64Array;
}

/**
 * Power iteration on central differences of gradients, (g(w + r·v) − g(w − r·v))/2r, until the value changes by less
 * than 1e-6 of itself.
 */
export function powerIteration(
  { size, evaluate }: SmallProblem,
  start: Float64Array,
  { radius = 1e-4, iterations = 400, tolerance = 1e-6 } = {},
): Power {
  const vector = Float64Array.from(start);
  scale(vector, 1 / norm(vector));
  const [moved, ahead, behind] = [0, 0, 0].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return {
    vector,
    top(weights) {
      let value = 0;
      for (let iteration = 0; iteration < iterations; iteration++) {
        for (let i = 0; i < size; i++) moved[i] = weights[i]! + radius * vector[i]!;
        evaluate(moved, ahead);
        for (let i = 0; i < size; i++) moved[i] = weights[i]! - radius * vector[i]!;
        evaluate(moved, behind);
        let along = 0;
        for (let i = 0; i < size; i++) {
          ahead[i] = (ahead[i]! - behind[i]!) / (2 * radius);
          along += ahead[i]! * vector[i]!;
        }
        const length = norm(ahead);
        if (length === 0) return 0;
        for (let i = 0; i < size; i++) vector[i] = ahead[i]! / length;
        if (Math.abs(along - value) <= tolerance * Math.abs(along)) return along;
        value = along;
      }
      return value;
    },
  };
}

/** |cos| of the angle between two vectors. */
export function cosine(a: Float64Array, b: Float64Array): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  const lengths = norm(a) * norm(b);
  return lengths === 0 ? 0 : Math.abs(product) / lengths;
}

export function norm(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}

function scale(vector: Float64Array, factor: number): void {
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor;
}
