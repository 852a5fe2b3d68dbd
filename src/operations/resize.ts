/** Resizes images. */
import { WeftError } from '../errors.js';
import { tf, type Tensor, type Tensor2D } from '../tensor/tf.js';
import { type Operation } from './operation.js';
import { channelwise } from './channels.js';
import { soleInput } from './shapes.js';

/**
 * A smaller image whose longer side has `size` pixels, each the mean of the area that it covers: [H,W,C] -> [H',W',C],
 * no larger than the input. Throws WeftError('operation') for an enlargement.
 */
export function shrinkImage({ size }: { size: number }): Operation {
  return {
    kind: 'shrink-image',
    elastic: true,
    config: { size },
    build(inputs) {
      const [height, width, channels] = soleInput('shrink-image', inputs, 3) as [number, number, number];
      const longer = Math.max(height, width);
      if (size > longer)
        throw new WeftError(
          'operation',
          `an image of ${height}x${width} pixels cannot be shrunk to ${size}`,
          'choose resolutions that are at most that of the data',
        );
      const [rows, columns] = [height, width].map((side) => Math.max(1, Math.round((side * size) / longer))) as [
        number,
        number,
      ];
      const changes = [rows !== height, columns !== width];
      return {
        output: [rows, columns, channels],
        parameters: {},
        multiplyAdds:
          (changes[0] ? rows * height * width * channels : 0) + (changes[1] ? columns * width * rows * channels : 0),
        channels: channelwise(),
        forward([x]) {
          const tall = changes[0] ? alongRows(x!, areaWeights(height, rows)) : x!;
          if (!changes[1]) return tall;
          const turned = tf.transpose(tall, [0, 2, 1, 3]);
          return tf.transpose(alongRows(turned, areaWeights(width, columns)), [0, 2, 1, 3]);
        },
      };
    },
  };
}

/** The weights [from,to] times the rows of an image [N,from,W,C]: [N,to,W,C]. */
function alongRows(x: Tensor, weights: Tensor2D): Tensor {
  const [examples, rows, width, channels] = x.shape as [number, number, number, number];
  const flat = tf.reshape(tf.transpose(x, [0, 2, 3, 1]), [-1, rows]);
  const shrunk = tf.matMul(flat as Tensor2D, weights);
  return tf.transpose(tf.reshape(shrunk, [examples, width, channels, weights.shape[1]]), [0, 3, 1, 2]);
}

/** [from,to]: the share of each old pixel in the area that each new one covers; columns sum to 1. */
function areaWeights(from: number, to: number): Tensor2D {
  const length = from / to;
  return tf.tensor2d(
    Float32Array.from({ length: from * to }, (_, at) => {
      const [old, now] = [Math.floor(at / to), at % to];
      const overlap = Math.min(old + 1, (now + 1) * length) - Math.max(old, now * length);
      return Math.max(0, overlap) / length;
    }),
    [from, to],
  );
}
