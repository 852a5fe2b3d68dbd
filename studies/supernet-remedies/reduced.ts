/** Images of fewer pixels, on which a supernet is trained in a fraction of the time. */
import { type Dataset, WeftError } from 'weft-nas';

/** The same images with the mean of each square of `factor` pixels in place of it, rounded for bytes. */
export function reducedImages(dataset: Dataset, factor: number): Dataset {
  if (factor === 1) return dataset;
  const [height, width, channels] = dataset.inputShape;
  if (height % factor !== 0 || width % factor !== 0)
    throw new WeftError(
      'config',
      `images of ${height}x${width} pixels cannot be reduced by ${factor}`,
      'set a factor that divides both: --set reduce=FACTOR',
    );
  const [rows, columns] = [height / factor, width / factor];
  const reduced = <T extends Dataset['train']>(examples: T): T => {
    const { images, count } = examples;
    const means = new (images.constructor as Float32ArrayConstructor)(count * rows * columns * channels);
    const isRounded = images instanceof Uint8Array;
    for (let place = 0; place < means.length; place++) {
      const channel = place % channels;
      const pixel = (place - channel) / channels;
      const [column, line] = [pixel % columns, Math.floor(pixel / columns)];
      // Lines of all examples follow each other, and their number is a multiple of the factor.
      let sum = 0;
      for (let y = 0; y < factor; y++)
        for (let x = 0; x < factor; x++)
          sum += images[((factor * line + y) * width + factor * column + x) * channels + channel]!;
      const mean = sum / factor ** 2;
      means[place] = isRounded ? Math.round(mean) : mean;
    }
    return { ...examples, images: means };
  };
  return {
    ...dataset,
    inputShape: [rows, columns, channels],
    train: reduced(dataset.train),
    test: dataset.test && reduced(dataset.test),
  };
}
