/**
 * Images that sharp decodes: PNGs to the byte as in JavaScript, other forms as near as rounding allows, or an error
 * that names the file.
 */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { decodeImage, type RgbImage } from '../../src/data/decode-image.js';
import { decodeBySharp, type ImageJob } from '../../src/data/decode-sharp.js';
import { headerOf } from '../../src/data/image-header.js';
import { resizeImage } from '../../src/data/resize.js';
import { sha256 } from '../../src/data/source.js';
import { folderWith, jpg, removeFolders, withOrientation } from './files.js';

describe('images that sharp decodes', function () {
  this.timeout(30_000);
  after(removeFolders);

  /** Six by four pixels, all different, half of the last row transparent. */
  const pixels = Uint8Array.from({ length: 96 }, (_, i) =>
    i % 4 === 3 ? (i > 84 ? 17 * (i % 15) : 255) : (i * 41) % 256,
  );
  const source = () => sharp(pixels, { raw: { width: 6, height: 4, channels: 4 } });

  const jobOf = (path: string, size?: readonly [number, number]): ImageJob => {
    const bytes = readFileSync(path);
    return { path, form: headerOf(bytes)!.form, sha256: sha256(bytes), size };
  };
  /** What sharp makes of these files. */
  const decoded = (files: Record<string, Uint8Array>, size?: readonly [number, number]): RgbImage[] => {
    const folder = folderWith(files);
    return decodeBySharp(Object.keys(files).map((name) => jobOf(join(folder, name), size))) as RgbImage[];
  };

  it('are PNGs to the byte, in every depth and with every kind of transparency', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const colorType of [0, 2, 4, 6] as const)
      for (const bitDepth of [8, 16] as const) {
        const data = Buffer.alloc(7 * 5 * 4 * (bitDepth / 8));
        const samples = bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, 140) : data;
        for (let i = 0; i < 140; i++) samples[i] = (i * 7919) % (bitDepth === 16 ? 65536 : 256);
        const png = { width: 7, height: 5, data } as unknown as PNG;
        files[`${colorType}-${bitDepth}.png`] = PNG.sync.write(png, {
          colorType,
          inputColorType: 6,
          bitDepth,
          inputHasAlpha: true,
        });
      }
    for (const colours of [2, 4, 16, 200])
      files[`palette-${colours}.png`] = await source().png({ palette: true, colours }).toBuffer();
    files['interlaced.png'] = await source().png({ progressive: true }).toBuffer();
    const profiled = source().withIccProfile('p3');
    files['profile.png'] = await profiled.png().toBuffer();
    const images = decoded(files);
    for (const [i, name] of Object.keys(files).entries()) {
      const image = images[i]!;
      const expected = decodeImage(Buffer.from(files[name]!), name);
      expect(image.pixels.constructor, name).to.equal(expected.pixels.constructor);
      expect([...image.pixels], name).to.deep.equal([...expected.pixels]);
      expect(image.transparent, name).to.equal(expected.transparent);
    }
  });

  it('are JPEGs, upright, grey or in colour, close to the JavaScript decoder’s result', async () => {
    const photo = jpg(40, 24, (y, x) => [6 * x, 10 * y, 128]);
    const raw = (channels: 1 | 4) =>
      sharp(
        Uint8Array.from({ length: 40 * 24 * channels }, (_, i) => (i >> (channels === 4 ? 3 : 2)) % 200),
        {
          raw: { width: 40, height: 24, channels },
        },
      );
    const files: Record<string, Uint8Array> = {
      'grey.jpg': await raw(1).toColourspace('b-w').jpeg({ quality: 95 }).toBuffer(),
      ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i + 1}.jpg`, withOrientation(photo, i + 1)])),
    };
    decoded(files).forEach((image, i) => {
      const [name, bytes] = Object.entries(files)[i]!;
      const expected = decodeImage(Buffer.from(bytes), name);
      expect([image.width, image.height], name).to.deep.equal([expected.width, expected.height]);
      expect(headerOf(Buffer.from(bytes))!.size, name).to.deep.equal([expected.height, expected.width]);
      let most = 0;
      image.pixels.forEach((value, j) => (most = Math.max(most, Math.abs(value - expected.pixels[j]!))));
      expect(most, name).to.be.at.most(4);
    });
  });

  it('are other formats, equal to the same image as PNG, and 16-bit TIFF', async () => {
    const png = decodeImage(await source().png().toBuffer(), 'a.png');
    const deep = Uint16Array.from({ length: 12 }, (_, i) => 5000 * i + 7);
    const files = {
      'a.webp': await source().webp({ lossless: true, exact: true }).toBuffer(),
      'a.tiff': await source().tiff({ compression: 'lzw' }).toBuffer(),
      'deep.tiff': await sharp(deep, { raw: { width: 4, height: 3, channels: 1 } })
        .toColourspace('grey16')
        .tiff({ compression: 'none' })
        .toBuffer(),
    };
    const [webp, tiff, sixteen] = decoded(files);
    for (const image of [webp!, tiff!]) {
      expect([image.width, image.height, image.transparent]).to.deep.equal([6, 4, true]);
      expect([...image.pixels]).to.deep.equal([...png.pixels]);
    }
    expect([...sixteen!.pixels].filter((_, i) => i % 3 === 0)).to.deep.equal(
      [...deep].map((value) => Math.fround(value / 257)),
    );
  });

  it('are resized by the shared code, from their own size', () => {
    const photo = jpg(120, 90, (y, x) => [2 * x, 2 * y, (x * y) % 256]);
    const [whole] = decoded({ 'a.jpg': photo });
    const [small] = decoded({ 'a.jpg': photo }, [8, 10]);
    expect([...small!.pixels]).to.deep.equal([...resizeImage(whole!, 8, 10).pixels]);
  });

  it('that are broken, or changed meanwhile, are named, and do not affect the others', async () => {
    const folder = folderWith({ 'bad.jpg': jpg(16, 16, () => [1, 2, 3]).subarray(0, 300) });
    const [bad, good] = [join(folder, 'bad.jpg'), join(folder, 'good.webp')];
    writeFileSync(good, await source().webp().toBuffer());
    const answers = decodeBySharp([jobOf(bad), jobOf(good), { ...jobOf(good), sha256: '0'.repeat(64) }])!;
    expect(answers[0]).to.have.property('reason');
    expect(answers[1]).to.include({ width: 6, height: 4 });
    expect(answers[2]).to.deep.equal({ reason: 'it changed while it was read' });
  });
});
