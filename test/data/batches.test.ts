import { expect } from 'chai';
import fc from 'fast-check';
import type { Augmentation, Change } from '../../src/data/augment.js';
import { drawChange } from '../../src/data/augment.js';
import { drawRotation, writeRotated, type Rotation } from '../../src/data/rotate.js';
import { batches, epochOrder, makeBatch, type BatchesOptions } from '../../src/data/batches.js';
import { defineDataset, type InputShape } from '../../src/data/dataset.js';
import { readDigits } from '../../src/data/digits.js';
import { measureNormalization } from '../../src/data/normalization.js';
import { prepareData } from '../../src/data/prepare.js';
import { splitDataset, type Split } from '../../src/data/split.js';
import { batchTensors } from '../../src/data/to-tensors.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { expectError } from './files.js';

/** A split whose pixels are random bytes and whose labels are even and odd. */
function randomSplit(inputShape: InputShape, count: number): Split {
  const rng = stream(1, 'pixels');
  const size = inputShape[0] * inputShape[1] * inputShape[2];
  const images = Uint8Array.from({ length: count * size }, () => rng.int(256));
  const part = { images, labels: Int32Array.from({ length: count }, (_, i) => i % 2) };
  return splitDataset(defineDataset({ name: 'random', inputShape, classes: 2, train: part, test: part }), { seed: 1 })
    .test;
}

const identity = (channels: number): { mean: number[]; std: number[] } => ({
  mean: Array<number>(channels).fill(0),
  std: Array<number>(channels).fill(1),
});
const { train } = splitDataset(readDigits(), { seed: 1 });
const normalization = measureNormalization(train);
const options = (changes: Partial<BatchesOptions> = {}): BatchesOptions => ({
  batchSize: 64,
  seed: 7,
  normalization,
  ...changes,
});

describe('measureNormalization', () => {
  it('gives zero mean and unit variance on the training split, for each channel', () => {
    const split = randomSplit([3, 2, 2], 50);
    const { inputs } = makeBatch(split, split.indices, measureNormalization(split));
    for (const c of [0, 1]) {
      const values = [...inputs].filter((_, i) => i % 2 === c);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean).to.be.closeTo(0, 1e-6);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).to.be.closeTo(1, 1e-6);
    }
  });

  it('sets a constant channel to zero', () => {
    const images = Float32Array.from([0.1, 5, 0.1, 7]);
    const part = { images, labels: Int32Array.of(0, 1) };
    const { test } = splitDataset(
      defineDataset({
        name: 'x',
        inputShape: [1, 1, 2],
        classes: 2,
        train: {
          images: Float32Array.from([...images, ...images, ...images]),
          labels: Int32Array.of(0, 1, 0, 1, 0, 1),
        },
        test: part,
      }),
      { seed: 1, validation: 2 },
    );
    const { mean, std } = measureNormalization(test);
    expect(std).to.deep.equal([1, 1]);
    expect(mean[1]).to.equal(6);
    makeBatch(test, [0, 1], { mean, std }).inputs.forEach((value, i) =>
      expect(value).to.be.closeTo([0, -1, 0, 1][i]!, 1e-7),
    );
  });
});

describe('epochOrder', () => {
  it('is a permutation that depends on seed, name and epoch', () => {
    const order = (seed: number, name: string, epoch: number): number[] => [...epochOrder(50, { seed, name, epoch })];
    const first = order(1, 'train', 0);
    expect([...first].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    expect(order(1, 'train', 0)).to.deep.equal(first);
    for (const other of [order(2, 'train', 0), order(1, 'validation', 0), order(1, 'train', 1)])
      expect(other).to.not.deep.equal(first);
  });
});

describe('batches', () => {
  it('are the same bytes for the same epoch and step, whatever was requested before', () => {
    const augment = { crop: 2, flip: true, cutout: 3 };
    const straight = batches(train, options({ augment }));
    const wanted = new Map<string, unknown>();
    for (const epoch of [0, 1])
      for (let step = 0; step < straight.stepsPerEpoch; step++)
        wanted.set(`${epoch}/${step}`, straight.at(epoch, step));
    const resumed = batches(train, options({ augment }));
    for (const key of stream(1, 'any order').shuffle([...wanted.keys()])) {
      const [epoch, step] = key.split('/').map(Number) as [number, number];
      expect(resumed.at(epoch, step), key).to.deep.equal(wanted.get(key));
    }
    expect(straight.at(0, 0)).to.not.deep.equal(straight.at(1, 0));
  });

  it('contain every example once per epoch', () => {
    const indexed = { ...train, labels: Int32Array.from(train.labels, (_, i) => i) };
    const seen = (last: 'drop' | 'keep'): number[] => {
      const loader = batches(indexed, options({ last }));
      return Array.from({ length: loader.stepsPerEpoch }, (_, step) => [...loader.at(3, step).labels]).flat();
    };
    expect(train.labels.length).to.equal(1293);
    expect(seen('keep').sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 1293 }, (_, i) => i));
    expect(new Set(seen('drop')).size).to.equal(1280);
    expect(batches(train, options()).examplesPerEpoch).to.equal(1280);
    expect(batches(train, options({ last: 'keep' })).at(0, 20).shape).to.deep.equal([13, 8, 8, 1]);
  });

  it('keep the order of the split if not shuffled', () => {
    const { labels, inputs } = batches(train, options({ shuffle: false })).at(5, 1);
    expect([...labels]).to.deep.equal([...train.labels.subarray(64, 128)]);
    const first = train.examples.images[train.indices[64]! * 64 + 2]!;
    expect(inputs[2]).to.be.closeTo((first - normalization.mean[0]!) / normalization.std[0]!, 1e-6);
  });

  it('carry the labels of the split, noisy or not', () => {
    const { splits, changedLabels } = prepareData({ source: 'digits', labelNoise: 0.5 }, 1);
    const noisy = makeBatch(splits.train, changedLabels, normalization);
    changedLabels.forEach((position, i) => {
      expect(noisy.labels[i]).to.equal(splits.train.labels[position]);
      expect(noisy.labels[i]).to.not.equal(splits.train.examples.labels[splits.train.indices[position]!]);
    });
  });

  it('never share memory', () => {
    const loader = batches(train, options());
    const first = loader.at(0, 0);
    const copy = first.inputs.slice();
    loader.at(0, 1);
    expect(first.inputs).to.deep.equal(copy);
    expect(loader.at(0, 0).inputs.buffer).to.not.equal(first.inputs.buffer);
  });

  it('refuse settings that make no sense', () => {
    expectError(
      'config',
      () => batches(train, options({ batchSize: 2000 })),
      /train split has 1293 examples, fewer than one batch of 2000/,
    );
    expectError('config', () => batches(train, options({ batchSize: 0 })), /batch size is 0/);
    expectError('config', () => batches(train, options({ augment: { crop: 1.5 } })), /crop is 1\.5/);
    expectError('config', () => batches(train, options({ augment: { cutout: -1 } })), /cutout is -1/);
    expectError('config', () => batches(train, options({ augment: { rotate: 200 } })), /rotate is 200/);
    expectError('config', () => batches(train, options({ augment: { zoom: 1 } })), /zoom is 1/);
    expectError('config', () => batches(train, options({ augment: { crop: 1, shift: 1 } })), /crop and shift/);
    expectError('config', () => batches(train, options({ augment: { crop: 8 } })), /all of a 8 x 8 image out of view/);
    expect(batches(train, options({ batchSize: 2000, last: 'keep' })).stepsPerEpoch).to.equal(1);
    expect(() => batches(train, options()).at(0, 20)).to.throw(RangeError);
  });

  it('become tensors that the caller owns', async () => {
    await loadBackend('cpu');
    const before = tf.memory().numTensors;
    const batch = batches(train, options()).at(0, 0);
    const { inputs, labels } = batchTensors(batch);
    expect(tf.memory().numTensors).to.equal(before + 2);
    expect([inputs.shape, inputs.dtype, labels.shape, labels.dtype]).to.deep.equal([
      [64, 8, 8, 1],
      'float32',
      [64],
      'int32',
    ]);
    expect(await inputs.data()).to.deep.equal(batch.inputs);
    tf.dispose([inputs, labels]);
  });
});

describe('augmentation', () => {
  const shape: InputShape = [5, 4, 2];
  const split = randomSplit(shape, 6);
  const scaled = { mean: [100, 30], std: [50, 10] };

  /** The definition, pixel by pixel. */
  function changed(
    position: number,
    { dy, dx, flip, top, bottom, left, right }: Change,
    fill: 'mean' | 'background',
  ): number[] {
    const [height, width, channels] = shape;
    return Array.from({ length: height * width * channels }, (_, i) => {
      const [y, x, c] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels];
      if (y >= top && y < bottom && x >= left && x < right) return 0;
      const [sourceY, sourceX] = [y + dy, (flip ? width - 1 - x : x) + dx];
      const inside = sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width;
      if (!inside && fill === 'mean') return 0;
      const value = inside
        ? split.examples.images[((split.indices[position]! * height + sourceY) * width + sourceX) * channels + c]!
        : 0;
      return Math.fround((value - scaled.mean[c]!) * (1 / scaled.std[c]!));
    });
  }

  it('shifts, mirrors and cuts out as defined', () => {
    const pixels = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(pixels, fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(), (reach, over, flip, cutout, seed) => {
        const augment: Augmentation = { [over ? 'shift' : 'crop']: reach, flip, cutout };
        const { inputs } = makeBatch(split, [4, 0], scaled, { augment, rng: stream(seed, 'x') });
        const rng = stream(seed, 'x');
        const expected = [4, 0].flatMap((position) => {
          const change = {} as Change;
          drawChange(change, augment, shape, rng);
          return changed(position, change, over ? 'background' : 'mean');
        });
        expect([...inputs].map((value) => value + 0)).to.deep.equal(expected.map((value) => value + 0));
      }),
      { numRuns: 300 },
    );
  });

  const draws = (augment: Augmentation, count = 4000): Change[] => {
    const rng = stream(3, 'draws');
    return Array.from({ length: count }, () => {
      const change = {} as Change;
      drawChange(change, augment, [32, 32, 3], rng);
      return change;
    });
  };

  it('draws every shift of a crop equally often, and a flip half of the time', () => {
    const changes = draws({ crop: 1, flip: true });
    for (const dy of [-1, 0, 1])
      for (const dx of [-1, 0, 1])
        expect(changes.filter((change) => change.dy === dy && change.dx === dx).length).to.be.within(380, 510); // 444, sd 20
    expect(changes.filter(({ flip }) => flip).length).to.be.within(1870, 2130); // 2000, sd 32
  });

  it('centres cutout anywhere in the image, so that it may reach over the border', () => {
    const heights = draws({ cutout: 16 }).map(({ top, bottom }) => bottom - top);
    expect(Math.max(...heights)).to.equal(16);
    expect(Math.min(...heights)).to.equal(8); // centre in row 0
    const whole = heights.filter((height) => height === 16).length / heights.length;
    expect(whole).to.be.closeTo(17 / 32, 0.03); // centres 8..24
  });

  it('leaves the other draws unchanged when one is switched on', () => {
    const both = draws({ crop: 4, flip: true, cutout: 8 }, 50);
    draws({ crop: 4 }, 50).forEach(({ dy, dx }, i) => expect([dy, dx]).to.deep.equal([both[i]!.dy, both[i]!.dx]));
  });

  it('leaves the other draws unchanged when images are rotated too', () => {
    const turnedBy = (rotate: number): number[] => [
      ...makeBatch(split, [0, 1, 2], scaled, { augment: { crop: 1, flip: true, rotate }, rng: stream(5, 'x') }).inputs,
    ];
    expect(turnedBy(1e-9)).to.satisfy((turned: number[]) =>
      turnedBy(0).every((value, i) => Math.abs(value - turned[i]!) < 1e-4),
    );
    expect(turnedBy(90)).not.to.deep.equal(turnedBy(0));
  });

  it('rotates clockwise by exactly a quarter and a half turn', () => {
    const image = Float32Array.from({ length: 9 * 2 }, (_, i) => i);
    const turned = (turn: Rotation): number[] => {
      const out = new Float32Array(18);
      writeRotated(out, image, 0, [3, 3, 2], turn);
      return [...out].filter((_, i) => i % 2 === 0).map((value) => value / 2);
    };
    expect(turned({ cos: 1, sin: 0 })).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(turned({ cos: 0, sin: 1 })).to.deep.equal([6, 3, 0, 7, 4, 1, 8, 5, 2]);
    expect(turned({ cos: -1, sin: 0 })).to.deep.equal([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('rotates and zooms a gradient correctly, and repeats the border beyond it', () => {
    const [height, width] = [7, 6];
    const slope = (y: number, x: number): number => 3 * y - 2 * x;
    const image = Float32Array.from({ length: height * width }, (_, i) => slope(Math.floor(i / width), i % width));
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { cos, sin } = drawRotation({ rotate: 180, zoom: 0.5 }, stream(seed, 'turn'));
        expect(Math.hypot(cos, sin)).to.be.within(1 / 1.5, 1 / 0.5);
        const out = new Float32Array(height * width);
        writeRotated(out, image, 0, [height, width, 1], { cos, sin });
        out.forEach((value, i) => {
          const [dy, dx] = [Math.floor(i / width) - 3, (i % width) - 2.5];
          const inside = (place: number, size: number): number => Math.min(size - 1, Math.max(0, place));
          expect(value).to.be.closeTo(
            slope(inside(3 + cos * dy - sin * dx, height), inside(2.5 + sin * dy + cos * dx, width)),
            1e-4,
          );
        });
      }),
    );
  });

  it('changes nothing by default', () => {
    const plain = makeBatch(split, [1], identity(2));
    expect(makeBatch(split, [1], identity(2), { augment: {}, rng: stream(1, 'x') })).to.deep.equal(plain);
  });

  it('costs less than twice as much as a batch without it', () => {
    const cifar = randomSplit([32, 32, 3], 640);
    const normalization = measureNormalization(cifar);
    const plain = batches(cifar, { batchSize: 64, seed: 1, normalization });
    const augmented = batches(cifar, {
      batchSize: 64,
      seed: 1,
      normalization,
      augment: { crop: 4, flip: true, cutout: 16 },
    });
    const fastest = [Infinity, Infinity];
    for (let i = 0; i < 100; i++) {
      [plain, augmented].forEach((loader, which) => {
        const start = performance.now();
        loader.at(0, i % 10);
        fastest[which] = Math.min(fastest[which]!, performance.now() - start);
      });
    }
    expect(fastest[1]! / fastest[0]!).to.be.below(2);
  });
});

describe('prepareData', () => {
  it('records everything that distinguishes data sets, as plain JSON', () => {
    const prepare = (seed: number): unknown =>
      prepareData(
        { source: 'digits', subset: { train: { perClass: 50 } }, split: { validation: 100 }, labelNoise: 0.1 },
        seed,
      ).record;
    const record = prepare(1) as ReturnType<typeof prepareData>['record'];
    expect(record.splits['train']).to.deep.include({ count: 400 });
    expect(record.splits['validation']).to.deep.include({ count: 100, perClass: Array(10).fill(10) });
    expect(record.labelNoise).to.deep.equal({ rate: 0.1, changed: 40 });
    expect(JSON.parse(JSON.stringify(record))).to.deep.equal(record);
    expect(prepare(1)).to.deep.equal(record);
    expect(prepare(2)).to.not.deep.equal(record);
  });
});
