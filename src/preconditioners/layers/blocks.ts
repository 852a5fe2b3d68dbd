/**
 * Groups the parameters of a child into blocks, each with what its layer saw: kernel and bias of a dense layer or
 * convolution, filters of a depthwise convolution, scale and offset of a normalization, an embedding table. A block
 * combines all uses of its weight, however many layers share it.
 */
import { type CapturedUse, type LayerCapture } from '../../tensor/second-order/index.js';
import { type Tensor } from '../../tensor/tf.js';

/**
 * How the gradient of a block is laid out as a matrix: 'matrix' [inputs (+ 1), outputs] with Σ a·gᵀ; 'channels'
 * [numbers per channel, channels], where every channel is a separate layer; 'table' [rows, columns], of which an
 * example reads a few rows.
 */
export type BlockKind = 'matrix' | 'channels' | 'table';

export interface BlockShape {
  /** Name of its weight, or of its bias if it has no weight. */
  readonly key: string;
  readonly kind: BlockKind;
  readonly weight?: string | undefined;
  readonly bias?: string | undefined;
}

export interface Block extends BlockShape {
  /** Rows and columns of the block's matrix. */
  readonly rows: number;
  readonly columns: number;
}

/** A block with the positions of its uses in the capture. */
export interface CapturedBlock extends BlockShape {
  readonly uses: readonly number[];
  /**
   * The kernel after which the examples of a use cannot be distinguished, if there is one; then nothing is known about
   * single examples.
   */
  readonly endedBy?: string | undefined;
}

/** What the layer of a block saw in a batch. */
export interface BlockData {
  readonly block: Block;
  /** Number of examples in the batch, N: images, or whole sequences. */
  readonly examples: number;
  /** Number of labels that the loss is the mean over, L: one per example, or one per token. */
  readonly labels: number;
  /**
   * For a 'matrix': what the weight is multiplied by [N,t,rows of the weight]; t positions of an example share the
   * weight.
   */
  readonly features?: Tensor;
  /** The same followed by a one if there is a bias [N,t,rows]; computed on first access. */
  readonly inputs?: Tensor;
  /** For a 'table': the rows that were read, int32 [N,t]. */
  readonly ids?: Tensor;
  /**
   * Gradients with respect to the outputs [N,t,columns], one entry for each pass, of each example's loss scaled so that
   * the Fisher information is (1/N)·Σₙ of their squares; computed on first access. Empty for 'channels'.
   */
  readonly outputs: readonly Tensor[];
  /** For 'channels': the same gradients with respect to the block itself [N,rows,columns], one entry for each pass. */
  readonly gradients: readonly Tensor[];
  /**
   * For a 'matrix' or 'table': the same, one row per position in any order, without a copy where possible; borrowed
   * from the capture.
   */
  readonly flat?: FlatData;
  /** Whether `outputs` come from the labels of the data: √(N·L) times `lossGradient`. */
  readonly ownLabels: boolean;
  /** The gradient of the mean loss with respect to the outputs [N,t,columns]. */
  readonly lossGradient?: Tensor;
}

/** What a layer saw, as rows: R positions of all examples, in any order. */
export interface FlatData {
  /** Number of positions per example, t. */
  readonly positions: number;
  /** [R,rows of the weight]; not for a table. */
  readonly features: Tensor;
  /** The same followed by a one if there is a bias [R,rows]. */
  readonly inputs: Tensor;
  /** For a table: the rows that were read, int32 [R]. */
  readonly ids: Tensor;
  /** [R,columns], one entry for each pass. */
  readonly outputs: readonly Tensor[];
  /** [R,columns] */
  readonly lossGradient: Tensor;
}

/** Blocks of all parameters that were captured completely, and the names of those that were not. */
export function blocksOf({ uses, uncovered }: LayerCapture): { blocks: CapturedBlock[]; rest: string[] } {
  const groups = new Map<string, number[]>();
  const place = (key: string, index: number): void => void (groups.get(key)?.push(index) ?? groups.set(key, [index]));
  uses.forEach(({ weight, bias }, index) => place(weight ?? `bias ${bias!}`, index));
  const ended = (indices: readonly number[]): string | undefined =>
    indices.flatMap((index) => uses[index]!.endedBy ?? [])[0];
  const rest = new Set(uncovered);
  const blocks: CapturedBlock[] = [];
  const loose = new Map<string, number[]>();
  for (const [key, indices] of groups) {
    const biases = new Set(indices.map((index) => uses[index]!.bias));
    const kinds = new Set(indices.map((index) => kindOf(uses[index]!)));
    const [bias] = biases;
    const weight = key.startsWith('bias ') ? undefined : key;
    const joined = weight === undefined ? undefined : biases.size === 1 ? bias : undefined;
    // A bias that only some uses of its weight have counts as a separate layer.
    for (const index of indices) {
      const name = uses[index]!.bias;
      if (name !== undefined && (weight === undefined || name !== joined))
        loose.set(name, [...(loose.get(name) ?? []), index]);
    }
    if (weight === undefined) continue;
    const names = [weight, joined].filter((name) => name !== undefined);
    if (kinds.size > 1 || names.some((name) => uncovered.has(name))) names.forEach((name) => rest.add(name));
    else
      blocks.push({ key: weight, kind: [...kinds][0]!, weight, bias: joined, uses: indices, endedBy: ended(indices) });
  }
  for (const [bias, indices] of loose) {
    const also = blocks.find((block) => block.bias === bias);
    if (also) blocks.splice(blocks.indexOf(also), 1, ...withoutBias(also, rest));
    if (also || rest.has(bias)) rest.add(bias);
    else blocks.push({ key: bias, kind: 'channels', bias, uses: indices, endedBy: ended(indices) });
  }
  return { blocks, rest: [...rest] };
}

/** A bias that is used in several ways is taken out of its block. */
const withoutBias = ({ bias: _, ...block }: CapturedBlock, rest: Set<string>): CapturedBlock[] =>
  rest.has(block.key) ? [] : [block];

function kindOf({ kind }: CapturedUse): BlockKind {
  return kind === 'embedding' ? 'table' : kind === 'dense' || kind === 'conv' ? 'matrix' : 'channels';
}
