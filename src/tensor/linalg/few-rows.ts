/**
 * Matrices RᵀR of few rows R [r,d], represented by the rows only. R may have its last column, its edge [1,r], apart, so
 * that the inputs of a layer need not be copied to append a one to each.
 */
import { defineKernel, type Kernel } from '../kernels/define.js';
import { boolAttribute, intAttribute, T, typeAttribute } from '../kernels/raw-op.js';
import { rawSession } from '../kernels/raw-session.js';
import { tf, type Tensor } from '../tf.js';

const product = (left: boolean, right: boolean) => [
  T,
  boolAttribute('transpose_a', left),
  boolAttribute('transpose_b', right),
];
const [PLAIN, TURNED_LEFT, TURNED_RIGHT] = [product(false, false), product(true, false), product(false, true)];

const gramKernel: Kernel<{ rows: Tensor; edge?: Tensor }, object> = defineKernel({
  name: 'WeftGramOfRows',
  native: ({ rows, edge }, _, backend) => {
    const s = rawSession(backend);
    const [x, r] = [s.idOf(rows), rows.shape[0]];
    let gram = s.run('MatMul', TURNED_RIGHT, [x, x]);
    if (edge) gram = s.run('AddV2', [T], [gram, s.run('MatMul', TURNED_LEFT, [s.idOf(edge), s.idOf(edge)])]);
    const result = s.release(gram, [r, r]);
    s.end();
    return result;
  },
  plain: ({ rows, edge }) => {
    const gram = tf.matMul(rows, rows, false, true);
    return edge ? tf.add(gram, tf.matMul(edge, edge, true, false)) : gram;
  },
});

/** R·Rᵀ of R = [rows, edgeᵀ]: [r,r]. */
export function gramOfRows(rows: Tensor, edge?: Tensor): Tensor {
  return gramKernel({ rows, ...(edge && { edge }) }, {});
}

interface Deflation extends Record<string, Tensor> {
  readonly x: Tensor;
  readonly rows: Tensor;
}

const deflationKernel: Kernel<Deflation, object, Tensor[]> = defineKernel({
  name: 'WeftDeflation',
  native: ({ x, rows, core, edge }, _, backend) => {
    const s = rawSession(backend);
    const ids = { x: s.idOf(x), rows: s.idOf(rows) };
    let shares = s.run('MatMul', TURNED_RIGHT, [ids.x, ids.rows]);
    if (edge) shares = s.run('AddV2', [T], [shares, s.idOf(edge)]);
    if (core) shares = s.run('MatMul', PLAIN, [shares, s.idOf(core)]);
    const results = [s.release(s.run('Sub', [T], [ids.x, s.run('MatMul', PLAIN, [shares, ids.rows])]), x.shape)];
    if (edge)
      results.push(
        s.release(
          s.run('Sub', [T], [s.constant(1, 'float32'), s.run('MatMul', TURNED_RIGHT, [shares, s.idOf(edge)])]),
          [x.shape[0], 1],
        ),
      );
    s.end();
    return results;
  },
  plain: ({ x, rows, core, edge }) => {
    const seen = tf.matMul(x, rows, false, true);
    const whole = edge ? tf.add(seen, edge) : seen;
    const shares = core ? tf.matMul(whole, core) : whole;
    return [tf.sub(x, tf.matMul(shares, rows)), ...(edge ? [tf.sub(1, tf.matMul(shares, edge, false, true))] : [])];
  },
});

/**
 * x·(I − Rᵀ·core·R), core the identity by default: [n,d]. If R has an edge, a one is appended to each row of x, and the
 * result has a last column, its `edge` [n,1].
 */
export function deflated(
  x: Tensor,
  { rows, core, edge }: { rows: Tensor; core?: Tensor | undefined; edge?: Tensor | undefined },
): { x: Tensor; edge: Tensor | undefined } {
  const [rest, last] = deflationKernel({ x, rows, ...(core && { core }), ...(edge && { edge }) }, {});
  return { x: rest!, edge: last };
}

interface RankOneSetting extends Record<string, Tensor> {
  /** [n,i] */
  readonly a: Tensor;
  /** [n,o] */
  readonly g: Tensor;
  /** [1,i] */
  readonly u: Tensor;
  /** [1,o] */
  readonly v: Tensor;
  readonly length: Tensor;
}

const rankOneKernel: Kernel<RankOneSetting, { edge: number }, Tensor[]> = defineKernel({
  name: 'WeftRankOneRemoved',
  native: ({ a, g, u, v, length }, { edge }, backend) => {
    const s = rawSession(backend);
    const [ai, gi, ui, vi] = [s.idOf(a), s.idOf(g), s.idOf(u), s.idOf(v)];
    const plain = s.run('MatMul', TURNED_RIGHT, [ai, ui]);
    const left = edge === 0 ? plain : s.run('AddV2', [T], [plain, s.constant(edge, 'float32')]);
    const right = s.run('MatMul', TURNED_RIGHT, [gi, vi]);
    const share = s.run('RealDiv', [T], [s.run('MatMul', TURNED_LEFT, [left, right]), s.idOf(length)]);
    const below = s.run('Neg', [T], [s.run('Mul', [T], [vi, share])]);
    const join = (x: number, row: number): number => s.run('ConcatV2', CONCAT, [x, row, s.constant(0)]);
    const results = [
      s.release(join(ai, ui), [a.shape[0] + 1, a.shape[1]!]),
      s.release(join(gi, below), [g.shape[0] + 1, g.shape[1]!]),
    ];
    s.end();
    return results;
  },
  plain: ({ a, g, u, v, length }, { edge }) => {
    const share = tf.div(
      tf.matMul(tf.add(tf.matMul(a, u, false, true), edge), tf.matMul(g, v, false, true), true, false),
      length,
    );
    return [tf.concat([a, u], 0), tf.concat([g, tf.neg(tf.mul(v, share))], 0)];
  },
});

const CONCAT = [T, intAttribute('N', 2), typeAttribute('Tidx', 'int32')];

/**
 * Factors of aᵀg − (u·aᵀg·vᵀ/length)·uᵀv, which is [a; u]ᵀ·[g; −share·v], for a [n,i], g [n,o], u [1,i], v [1,o]. With
 * an `edge` of 1, a one is appended to each row of a and u.
 */
export function rankOneRemoved(tensors: RankOneSetting, edge: 0 | 1): { inputs: Tensor; outputs: Tensor } {
  const [inputs, outputs] = rankOneKernel({ ...tensors }, { edge });
  return { inputs: inputs!, outputs: outputs! };
}
