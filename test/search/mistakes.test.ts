import { expect } from 'chai';
import { PNG } from 'pngjs';
import { checkConfig } from '../../src/config/index.js';
import { inMemory, pictureOf } from '../../src/data/index.js';
import { eventLog } from '../../src/report/event-log.js';
import { mistakesSection } from '../../src/report/html/mistakes.js';
import { type SearchBatches } from '../../src/search/data.js';
import { openLabelled } from '../../src/search/labelled-data.js';
import { worstMistakes } from '../../src/search/mistakes.js';
import { loadBackend } from '../../src/tensor/backend.js';

describe('the worst mistakes', () => {
  before(() => loadBackend('cpu'));
  const logits = Float32Array.of(3, 0, 0, 2, 5, 0, 0, 1); // calls a, b, a, b
  const classNames = ['a', 'b<'];

  it('are the most confident ones, most confident first, with the wrong answer', () => {
    const found = worstMistakes({ logits, labels: Int32Array.of(1, 1, 1, 0) }, classNames, {
      pictureOf: (example) => Uint8Array.of(example),
    });
    expect(found.map(({ example, label, called }) => [example, label, called])).to.deep.equal([
      [2, 'b<', 'a'],
      [0, 'b<', 'a'],
      [3, 'a', 'b<'],
    ]);
    expect(found[0]!.probability).to.be.closeTo(1 / (1 + Math.exp(-5)), 1e-6);
    expect(found[0]!.picture).to.equal(Buffer.from([2]).toString('base64'));
  });

  it('are images as the network saw them, with sides of at most 64 pixels', () => {
    const images = Float32Array.from({ length: 2 * 4 }, (_, i) => i * 2);
    const { width, height, data } = PNG.sync.read(pictureOf(images, 1, [2, 2, 1], 16));
    expect([width, height]).to.deep.equal([2, 2]);
    expect([...data].filter((_, i) => i % 4 === 0)).to.deep.equal(
      [8, 10, 12, 14].map((value) => Math.round((value * 255) / 16)),
    );
    const large = PNG.sync.read(pictureOf(new Uint8Array(100 * 200 * 3), 0, [100, 200, 3], 255));
    expect([large.width, large.height]).to.deep.equal([64, 32]);
  });

  it('have pictures of grey and coloured examples, and of no others', async () => {
    const config = checkConfig({ search: { batchSize: 4 }, retrain: { batchSize: 4 } });
    const batchesOf = (channels: number, source: string): SearchBatches => {
      const images = new Uint8Array(40 * 2 * 2 * channels).map((_, i) => i);
      const labels = Int32Array.from({ length: 40 }, (_, i) => i % 2);
      const dataset = inMemory({
        name: 'pictures',
        inputShape: [2, 2, channels],
        classes: 2,
        train: { images, labels },
      });
      return openLabelled({ ...config, data: { ...config.data, source } }, dataset).batches(config, { carries: false });
    };
    for (const [channels, has] of [
      [1, true],
      [2, false],
      [3, true],
    ] as const)
      // prettier-ignore
      expect(batchesOf(channels, 'mnist').testPicture !== undefined, `${channels}`).to.equal(has);
  });

  it('appear in the report with alternative text, and only as images', () => {
    const examples = [
      { example: 1, label: 'b<', called: 'a', probability: 0.99, picture: 'aGFsbG8=' },
      { example: 2, label: 'a', called: 'b<', probability: 0.9, picture: '"><script>' },
    ];
    const { markup } = mistakesSection(eventLog([{ type: 'mistakes', examples }] as never)) as { markup: string };
    expect(markup).to.include('alt="Test picture of b&#60;, taken for a"').and.to.include('base64,aGFsbG8=');
    expect(markup).to.not.include('script');
    expect(mistakesSection(eventLog([]))).to.equal(undefined);
  });
});
