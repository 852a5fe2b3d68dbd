/**
 * Decoded images that are kept: found again by content, size and decoder, and as if they were not there where they are
 * damaged.
 */
import { expect } from 'chai';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, imageCache } from '../../src/data/image-cache.js';
import { readImages } from '../../src/data/read-images.js';
import { folderWith, jpg, removeFolders } from './files.js';

describe('the cache of images', () => {
  const before = { ...process.env };
  after(() => {
    removeFolders();
    for (const name of ['XDG_CACHE_HOME', 'WEFT_CACHE'])
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  });

  const hash = 'ab'.repeat(32);
  const image = { height: 2, width: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), transparent: true };
  const files = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile());

  it('returns what was stored, only for the same content, size and decoder', () => {
    const folder = folderWith();
    const cache = imageCache(folder, 'sharp 1.2.3');
    cache.put(hash, image);
    expect(cache.get(hash, [2, 1])).to.deep.equal(image);
    expect(cache.get(hash, [1, 2])).to.equal(undefined);
    expect(cache.get('cd'.repeat(32), [2, 1])).to.equal(undefined);
    expect(imageCache(folder, 'sharp 1.2.4').get(hash, [2, 1])).to.equal(undefined);
    const deep = { ...image, pixels: Float32Array.of(1.5, 2, 3, 4, 5, 6), transparent: false };
    cache.put(hash, deep);
    expect(cache.get(hash, [2, 1])).to.deep.equal(deep);
    expect(files(folder)).to.have.length(1);
  });

  it('ignores damage anywhere, and folders that cannot be written', () => {
    const folder = folderWith();
    const cache = imageCache(folder, 'sharp 1.2.3');
    cache.put(hash, image);
    const [path] = files(folder);
    const bytes = readFileSync(path!);
    for (let at = 0; at < bytes.length; at += 3) {
      writeFileSync(path!, bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
      expect(cache.get(hash, [2, 1]), `byte ${at}`).to.equal(undefined);
      writeFileSync(path!, bytes.subarray(0, at));
      expect(cache.get(hash, [2, 1]), `${at} bytes`).to.equal(undefined);
    } // prettier-ignore
    imageCache(join(path!, 'no folder'), 'sharp 1.2.3').put(hash, image);
  });

  it('is where the environment says, and nowhere with WEFT_CACHE=off', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/somewhere' })).to.equal('/somewhere/weft');
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).to.not.include('relative');
    expect(cacheFolder({ XDG_CACHE_HOME: '/somewhere', WEFT_CACHE: 'off' })).to.equal(undefined);
  });

  it('gives the same data on the second opening as on the first', () => {
    delete process.env['WEFT_CACHE'];
    process.env['XDG_CACHE_HOME'] = folderWith();
    const photo = jpg(300, 300, (y, x) => [y % 256, x % 256, (x * y) % 256]);
    const folder = folderWith({ 'a.jpg': photo });
    const read = () => readImages([join(folder, 'a.jpg')], { size: [8, 8] });
    const first = read();
    expect(files(process.env['XDG_CACHE_HOME'])).to.have.length(1);
    expect(read()).to.deep.equal(first);
  });
});
