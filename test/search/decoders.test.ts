/**
 * Two decoders that meet: pictures that sharp has decoded when a network was trained, and JavaScript now, and the other
 * way round.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { evaluateRun, loadModel, resumeSearch } from '../../src/index.js';
import { stream } from '../../src/tensor/rng.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

/** What `use` does on a machine where sharp is not installed. */
async function withoutSharp<T>(use: () => Promise<T>): Promise<T> {
  const resolver = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const { _resolveFilename: whole } = resolver;
  resolver._resolveFilename = (request, ...rest) => {
    if (request === 'sharp') throw new Error("Cannot find module 'sharp'");
    return whole.call(resolver, request, ...rest);
  };
  try {
    return await use();
  } finally {
    resolver._resolveFilename = whole;
  }
}

describe('pictures by another decoder', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  /** Colourful JPEGs, whose colour is stored at half the resolution. */
  async function pictures(): Promise<string> {
    const data = join(folder(), 'photos');
    const rng = stream('photos');
    for (const [name, red] of [
      ['cat', 200],
      ['dog', 40],
    ] as const) {
      mkdirSync(join(data, name), { recursive: true });
      for (let i = 0; i < 30; i++) {
        const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, k) => (k % 3 === 0 ? red : 0) + rng.int(50));
        const image = sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } });
        writeFileSync(join(data, name, `${i}.jpg`), await image.jpeg({ quality: 70 }).toBuffer());
      }
    }
    return data;
  }

  it('are the own data of a run all the same, judged by their test part with a warning; a run that is cut is not continued with them', async () => {
    const data = await pictures();
    const run = await tinyRun(folder(), { data });
    const cut = await tinyRun(folder(), { data, units: 3 });
    const before = await evaluateRun(run);
    expect(before).to.include({ own: true, count: 12 });
    await withoutSharp(async () => {
      for (const options of [{}, { data }]) {
        const warnings: string[] = [];
        const now = await evaluateRun(run, { ...options, onWarning: (message) => void warnings.push(message) });
        expect(now).to.include({ own: true, count: 12 });
        expect(now.loss).to.be.closeTo(before.loss, 0.05).and.not.to.equal(before.loss);
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.match(
          /pictures that sharp [\d.]+ had decoded, and these are decoded by JavaScript \(jpeg-js/,
        );
      }
      const warnings: string[] = [];
      const model = await loadModel(run, { onWarning: (message) => void warnings.push(message) });
      expect(model.predictFiles([join(data, 'cat', '0.jpg')])).to.have.length(1);
      model.dispose();
      expect(warnings[0]).to.match(/these are decoded by JavaScript \(jpeg-js/);
      expect(await saidLater(resumeSearch(cut))).to.match(
        /images were decoded by sharp [\d.]+ then and are decoded by JavaScript \(jpeg-js.*other pixels \(install sharp [\d.]+ again/,
      );
    });
    await resumeSearch(cut);
  });

  it('are decoded as in training where that can be done here: in JavaScript though sharp is installed', async () => {
    const data = await pictures();
    const [run, cut] = await withoutSharp(async () => [
      await tinyRun(folder(), { data }),
      await tinyRun(folder(), { data, units: 3 }),
    ]);
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const [there, here] = [await withoutSharp(() => evaluateRun(run)), await evaluateRun(run, { data, onWarning })];
    expect(here).to.deep.equal(there);
    await resumeSearch(cut);
    expect(warnings).to.deep.equal([]);
  });
});
