import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import {
  makeFolder,
  removeFolder,
  removeUnfinished,
  writeFileAtomic,
  writeFolderAtomic,
} from '../../src/runs/atomic-write.js';
import { onSmallDisk, runTypeScript, temporaryFolder } from './temporary.js';

describe('atomic writes', function () {
  const folder = temporaryFolder(this);

  it('writes and replaces a file', () => {
    const path = join(folder(), 'summary.json');
    writeFileAtomic(path, 'old');
    writeFileAtomic(path, Uint8Array.of(0x6e, 0x65, 0x77));
    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(readdirSync(folder())).to.deep.equal(['summary.json']);
  });

  it('writes and replaces a folder as a whole', () => {
    const path = join(folder(), 'checkpoint');
    writeFolderAtomic(path, { a: '1', b: '2' });
    writeFolderAtomic(path, { b: '3' });
    expect(readdirSync(path)).to.deep.equal(['b']);
    expect(readFileSync(join(path, 'b'), 'utf8')).to.equal('3');
    removeFolder(path);
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('names the path and the remedy if it cannot write', () => {
    expect(() => writeFileAtomic(join(folder(), 'none', 'x'), ''))
      .to.throw(WeftError, /cannot write .*none\/x: its folder does not exist/)
      .with.property('code', 'disk');
    writeFileSync(join(folder(), 'file'), '');
    expect(() => writeFolderAtomic(join(folder(), 'file', 'x'), {})).to.throw(
      WeftError,
      /a part of its path is a file/,
    );
  });

  it('leaves a pipe, a device or a folder in place of the file untouched', () => {
    execFileSync('mkfifo', [join(folder(), 'pipe')]);
    expect(() => writeFileAtomic(join(folder(), 'pipe'), 'x')).to.throw(WeftError, /pipe: it is a device or a pipe/);
    expect(() => writeFileAtomic(folder(), 'x')).to.throw(WeftError, /it is a folder, not a file/);
    expect(() => writeFolderAtomic(join(folder(), 'pipe'), {})).to.throw(WeftError, /not a folder/);
    expect(readdirSync(folder())).to.deep.equal(['pipe']);
    expect(statSync(join(folder(), 'pipe')).isFIFO()).to.equal(true);
  });

  it('reports that a folder cannot be created if the file system refuses, instead of retrying forever', () => {
    expect(() => makeFolder('/proc/nothing/below')).to.throw(WeftError, /cannot write \/proc\/nothing\/below/);
    const made = makeFolder(join(folder(), 'a', 'b'));
    expect(readdirSync(join(folder(), 'a'))).to.deep.equal(['b']);
    made.undo();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('names a folder that it may not write to', function () {
    if (process.getuid?.() === 0) this.skip(); // may write everywhere
    chmodSync(folder(), 0o500);
    expect(() => writeFileAtomic(join(folder(), 'x'), '')).to.throw(WeftError, /permission denied/);
  });

  it('leaves the old file and nothing else on a full disk', function () {
    const mounted = onSmallDisk(folder(), 64, (disk) => {
      const path = join(disk, 'weights');
      writeFileAtomic(path, 'old');
      expect(() => writeFileAtomic(path, Buffer.alloc(100_000)))
        .to.throw(WeftError, /the disk is full/)
        .with.property('code', 'disk');
      expect(readFileSync(path, 'utf8')).to.equal('old');
      expect(() => writeFolderAtomic(join(disk, 'checkpoint'), { a: 'fits', b: Buffer.alloc(100_000) })).to.throw(
        WeftError,
        /the disk is full/,
      );
      expect(readdirSync(disk)).to.deep.equal(['weights']);
    });
    if (!mounted) this.skip();
  });

  it('leaves nothing if a file would exceed the process’s size limit', function () {
    if (process.platform === 'win32') this.skip();
    const program = `import { writeFileAtomic } from ${JSON.stringify(new URL('../../src/runs/atomic-write.ts', import.meta.url).href)};
      try { writeFileAtomic(process.argv[1], Buffer.alloc(1e6)); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 100; exec "$@"',
        'sh',
        process.execPath,
        ...runTypeScript,
        '--input-type=module',
        '-e',
        program,
        join(folder(), 'large'),
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).to.match(/^disk cannot write .*large: the file would be larger/);
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('removes what dead processes left, and nothing of living ones', () => {
    const dead = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }).stdout.trim();
    const living = `.unfinished-${process.pid}-report.html`;
    mkdirSync(join(folder(), `.unfinished-${dead}-00000004`));
    writeFileSync(join(folder(), `.unfinished-${dead}-00000004`, 'weights'), '');
    writeFileSync(join(folder(), living), '');
    writeFileSync(join(folder(), 'events.jsonl'), '');
    removeUnfinished(folder());
    expect(readdirSync(folder()).sort()).to.deep.equal([living, 'events.jsonl']);
  });
});
