/** Edges of stability against the iterations themselves. */
import { expect } from 'chai';
import fc from 'fast-check';
import { descentEdge, edgesOf, momentumEdge, nesterovEdge, samEdge } from '../../src/curvature/index.js';
import { WeftError } from '../../src/errors.js';

/** Whether w stays bounded under `steps` steps of an optimizer on h·w²/2. */
function bounded(step: (w: number, m: number) => [w: number, m: number], steps = 20_000): boolean {
  let [w, m] = [1, 0];
  for (let i = 0; i < steps; i++) [w, m] = step(w, m);
  return Math.abs(w) < 10;
}

const momentumStep =
  (h: number, eta: number, mu: number, nesterov: boolean) =>
  (w: number, m: number): [number, number] => {
    const g = h * w;
    const next = mu * m + g;
    return [w - eta * (nesterov ? g + mu * next : next), next];
  };

describe('edges of stability', () => {
  it('SAM has the values of the reference', () => {
    expect(samEdge(0.2988264859, 0.01, 0.1)).to.be.closeTo(22.998426, 1e-5);
    expect(samEdge(1.0885310173, 0.001, 0.03)).to.be.closeTo(251.854, 1e-3);
  });

  it('SAM solves rho h^2/|g| + h = 2/eta, is never above 2/eta, and has its limits', () => {
    const positive = fc.double({ min: 1e-6, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (g, eta, rho) => {
        const h = samEdge(g, eta, rho);
        expect((rho * h * h) / g + h).to.be.closeTo(2 / eta, 1e-9 * (2 / eta));
        expect(h).to.be.at.most(2 / eta);
      }),
    );
    expect(samEdge(1, 0.1, 0)).to.equal(20);
    expect(samEdge(1, 0.1, 1e-12)).to.be.closeTo(20, 1e-6);
    expect(samEdge(0, 0.1, 0.05)).to.equal(0);
    expect(samEdge(0, 0.1, 0)).to.equal(20);
    expect(samEdge(1e-12, 0.1, 0.05)).to.be.closeTo(Math.sqrt((2 * 1e-12) / (0.1 * 0.05)), 1e-8);
    expect(samEdge(1, 0, 0.05)).to.equal(Infinity);
  });

  it('are the curvature at which plain, Polyak and Nesterov steps on a quadratic begin to grow', () => {
    for (const eta of [0.01, 0.3]) {
      for (const mu of [0, 0.5, 0.9]) {
        const edges = { momentum: momentumEdge(eta, mu), nesterov: nesterovEdge(eta, mu) };
        for (const kind of ['momentum', 'nesterov'] as const) {
          expect(
            bounded(momentumStep(edges[kind] * 0.999, eta, mu, kind === 'nesterov')),
            `${kind} ${mu} below`,
          ).to.equal(true);
          expect(
            bounded(momentumStep(edges[kind] * 1.001, eta, mu, kind === 'nesterov')),
            `${kind} ${mu} above`,
          ).to.equal(false);
        }
      }
      expect(momentumEdge(eta, 0)).to.equal(descentEdge(eta));
      expect(nesterovEdge(eta, 0)).to.equal(descentEdge(eta));
    }
  });

  it('of SAM is the curvature at which a SAM step on a quadratic negates the weight', () => {
    const [eta, rho] = [0.1, 0.03];
    for (const h of [3, 8, 15]) {
      // At |g| = rho h eta h/(2 - eta h) the step takes w to -w; there the edge is h.
      const norm = (rho * h * eta * h) / (2 - eta * h);
      const w = norm / h;
      expect(w - eta * h * (w + rho)).to.be.closeTo(-w, 1e-12);
      expect(samEdge(norm, eta, rho)).to.be.closeTo(h, 1e-9);
    }
  });

  it('follow from the configuration of an optimizer', () => {
    expect(edgesOf({ name: 'sgd' }, 0.1, 1)).to.deep.equal({ descent: 20 });
    expect(edgesOf({ name: 'nesterov', momentum: 0.9 }, 0.1, 1)).to.deep.equal({
      descent: 20,
      momentum: nesterovEdge(0.1, 0.9),
    });
    expect(edgesOf({ name: 'swa', base: { name: 'sgd' } }, 0.1, 1)).to.deep.equal({ descent: 20 });
    expect(edgesOf({ name: 'sam', rho: 0.05, base: { name: 'sgd' } }, 0.1, 1)).to.deep.equal({
      descent: 20,
      sam: samEdge(1, 0.1, 0.05),
    });
    const { sam, momentum } = edgesOf({ name: 'sam', rho: 0.05, base: { name: 'momentum', momentum: 0.9 } }, 0.1, 1)!;
    expect((0.05 * sam! ** 2) / 1 + sam!).to.be.closeTo(momentum!, 1e-9);
    expect(edgesOf({ name: 'adamw' }, 0.1, 1)).to.equal(undefined);
    expect(edgesOf({ name: 'sam', rho: 0.05, base: { name: 'adamw' } }, 0.1, 1)).to.equal(undefined);
  });

  it('refuse negative learning rates and radii by name', () => {
    expect(() => descentEdge(-0.1)).to.throw(WeftError, /learning rate of -0.1/);
    expect(() => samEdge(1, 0.1, -1)).to.throw(WeftError, /radius rho of -1/);
    expect(() => samEdge(1, 0.1, NaN)).to.throw(WeftError, /NaN/);
  });
});
