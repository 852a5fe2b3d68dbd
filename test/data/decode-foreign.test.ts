/** Images that are not decoded in JavaScript: the same pixels as in a form that is, or an error that names the file. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeForeign, foreignDecoder } from '../../src/data/decode-foreign.js';
import { decodeImage, type RgbImage } from '../../src/data/decode-image.js';
import { WeftError } from '../../src/errors.js';
import { folderWith, removeFolders } from './files.js';

describe('images that sharp decodes', function () {
  this.timeout(30_000);
  after(removeFolders);

  /** Six by four pixels, all different, half of the last row transparent. */
  const pixels = Uint8Array.from({ length: 96 }, (_, i) => (i % 4 === 3 ? (i > 84 ? 0 : 255) : (i * 41) % 256));
  const source = () => sharp(pixels, { raw: { width: 6, height: 4, channels: 4 } });

  it('are those of the same picture as PNG, transparency over white', async () => {
    const folder = folderWith({});
    const png = decodeImage(await source().png().toBuffer(), 'a.png');
    const files = {
      'a.webp': await source().webp({ lossless: true, exact: true }).toBuffer(),
      'a.tiff': await source().tiff({ compression: 'lzw' }).toBuffer(),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const decoded = decodeForeign(Object.keys(files).map((name) => join(folder, name))) as RgbImage[];
    for (const image of decoded) {
      expect([image.width, image.height, image.transparent]).to.deep.equal([6, 4, true]);
      image.pixels.forEach((value, i) => expect(value, `number ${i}`).to.be.closeTo(png.pixels[i]!, 1));
    }
  });

  it('of one grey channel have three equal ones, and are decoded some ahead in any order', async () => {
    const folder = folderWith({});
    const paths = await Promise.all(
      [10, 200, 90].map(async (value, i) => {
        const path = join(folder, `${i}.webp`);
        const grey = sharp(new Uint8Array(9).fill(value), { raw: { width: 3, height: 3, channels: 1 } });
        writeFileSync(path, await grey.webp({ lossless: true }).toBuffer());
        return path;
      }),
    );
    const decode = foreignDecoder([...paths, join(folder, 'x.png')]);
    for (const [i, value] of [
      [1, 200],
      [0, 10],
      [2, 90],
    ] as const)
      expect(new Set(decode(paths[i]!).pixels)).to.deep.equal(new Set([value]));
  });

  it('that are broken are named, and do not spoil the others', async () => {
    const folder = folderWith({ 'bad.webp': 'no picture', 'empty.gif': '' });
    const good = join(folder, 'good.webp');
    writeFileSync(good, await source().webp().toBuffer());
    const [bad, fine, empty] = decodeForeign([join(folder, 'bad.webp'), good, join(folder, 'empty.gif')]);
    expect(fine).to.include({ width: 6, height: 4 });
    for (const [error, name] of [
      [bad, 'bad.webp'],
      [empty, 'empty.gif'],
    ] as const) {
      expect(error).to.be.instanceOf(WeftError);
      expect((error as WeftError).message).to.include(name);
    }
  });
});
