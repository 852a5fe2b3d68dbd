/** A run continues with the data that it began with, or not at all. */
import { expect } from 'chai';
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { derive } from '../../src/cli/commands/derive.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { rank } from '../../src/cli/commands/rank.js';
import { resume } from '../../src/cli/commands/search.js';
import { sharpness } from '../../src/cli/commands/sharpness.js';
import { train } from '../../src/cli/commands/train.js';
import { openRecorded, openRecordedData } from '../../src/api/recorded-run.js';
import { checkConfig } from '../../src/config/index.js';
import { resumeSearch } from '../../src/index.js';
import { openRun, readSummary, sha256 } from '../../src/runs/index.js';
import { openData } from '../../src/search/data.js';
import { checkSameData } from '../../src/search/recorded-data.js';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { textPrintedBy } from '../cli/printed.js';
import { classFolder, folderWith, png, removeFolders } from '../data/files.js';
import { tinyRun, tinyTable } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';
import { said, saidLater } from '../said.js';

const COMMANDS: Readonly<Record<string, (run: string, options?: object) => Promise<void>>> = {
  resume: (run, options) => resume(run, { json: true, ...options }),
  derive: (run, options) => derive(run, { top: 1, results: join(run, 'jobs'), json: true, ...options }),
  evaluate: (run, options) => evaluate(run, { json: true, ...options }),
  rank: (run, options) =>
    rank(run, { architectures: 3, epochs: 1, results: join(run, 'jobs'), workers: 1, json: true, ...options }),
  sharpness: (run, options) => sharpness(run, { examples: 8, ends: 1, products: 2, rho: 0.1, json: true, ...options }),
  'sharpness --supernet': (run, options) =>
    sharpness(run, { supernet: true, examples: 8, ends: 1, products: 2, rho: 0.1, json: true, ...options }),
  'train --run': (run, options) =>
    train('mlp~2d6320:2/1/relu-true', { run, runs: join(run, 'more'), json: true, ...options }),
};

describe('data that a run began with', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  after(removeFolders);

  describe('is refused with the file named, where rows were added,', () => {
    for (const [name, command] of Object.entries(COMMANDS))
      it(`by ${name}`, async () => {
        const run = await tinyRun(folder(), name === 'resume' ? { units: 3 } : {});
        tinyTable(join(folder(), 'data.csv'), 6);
        const refusal = await saidLater(textPrintedBy(() => command(run)));
        expect(refusal)
          .to.include(`${join(folder(), 'data.csv')} changed`)
          .and.to.include('--data PATH');
      });

    it('by resumeSearch', async () => {
      const run = await tinyRun(folder(), { units: 3 });
      tinyTable(join(folder(), 'data.csv'), 0, ['odd', 'even']);
      expect(await saidLater(resumeSearch(run, { space: mlp, controller: random }))).to.match(/data\.csv changed/);
    });

    it('by resume, where half the labels of resume-data-changed are others', async function () {
      const cases = '../shared/cases/resume-data-changed';
      if (!existsSync(cases)) this.skip();
      const data = join(folder(), 'data.csv');
      copyFileSync(join(cases, 'before.csv'), data);
      const run = await tinyRun(folder(), { data, units: 3 });
      copyFileSync(join(cases, 'after.csv'), data);
      expect(await saidLater(textPrintedBy(() => resume(run, { json: true })))).to.include(`${data} changed`);
      copyFileSync(join(cases, 'before.csv'), data);
      await textPrintedBy(() => resume(run, { json: true }));
      expect(readSummary(run)).to.have.property('test');
    });
  });

  it('is found where --data says, when it was moved: with the same content, and with no other', async () => {
    const { resume: goOn, rank: _rank, ...others } = COMMANDS;
    const there = join(folder(), 'there.csv');
    const other = tinyTable(join(folder(), 'other.csv'), 6);
    const whole = await tinyRun(folder());
    const cut = await tinyRun(folder(), { units: 3 });
    renameSync(join(folder(), 'data.csv'), there);
    for (const [name, command, run] of [
      ...Object.entries(others).map(([name, command]) => [name, command, whole] as const),
      ['resume', goOn!, cut] as const,
    ]) {
      expect(await saidLater(textPrintedBy(() => command(run))), name).to.match(
        /no longer at \S*data\.csv \(.*--data PATH/,
      );
      if (name !== 'evaluate')
        expect(await saidLater(textPrintedBy(() => command(run, { data: other }))), name).to.include(
          'other.csv changed',
        );
      await textPrintedBy(() => command(run, { data: there }));
    }
    expect(readSummary(cut)!.resultHash).to.equal(readSummary(whole)!.resultHash);
  });

  it('may be named again where it has a name', async () => {
    const run = await tinyRun(folder(), { data: 'digits', units: 1 });
    openRecordedData(openRecorded(run, { data: 'digits' }));
    expect(said(() => openRecordedData(openRecorded(run, { data: tinyTable(join(folder(), 'own.csv')) })))).to.include(
      'own.csv changed',
    );
  });

  it('is judged by its test part alone, also where evaluate is pointed to it', async () => {
    const run = await tinyRun(folder());
    const own = await textPrintedBy(() => evaluate(run, { json: true }));
    expect(JSON.parse(own)).to.include({ data: 'test part', count: 12 });
    const there = join(folder(), 'there.csv');
    renameSync(join(folder(), 'data.csv'), there);
    expect(await textPrintedBy(() => evaluate(run, { data: there, json: true }))).to.equal(own);
    tinyTable(there, 6);
    const other = JSON.parse(await textPrintedBy(() => evaluate(run, { data: there, json: true }))) as object;
    expect(other).to.include({ data: there, count: 66 });
  });

  describe('in a folder', () => {
    const COUNT = 14;
    const images = (): string =>
      folderWith({ ...classFolder('cat', COUNT, [10, 0, 0]), ...classFolder('dog', COUNT, [0, 60, 90]) });
    let data = '';
    let run = '';
    const image = png(4, 4, (y, x) => [y, x, 0]);
    const check = (path = data): void =>
      checkSameData(
        openRun(run),
        openData(checkConfig({ ...(openRun(run).config as object), data: { source: path } })),
      );
    const begin = async (): Promise<void> => {
      data = images();
      run = await tinyRun(folder(), { data, units: 2 });
      check();
    };

    for (const [what, change, message] of [
      [
        'a pixel',
        () =>
          writeFileSync(
            join(data, 'cat/3.png'),
            png(4, 4, (y) => [y, 0, 0]),
          ),
        '  cat/3.png changed',
      ],
      ['an image more', () => cpSync(join(data, 'dog/1.png'), join(data, 'cat/a.png')), '  cat/a.png appeared'],
      ['an image less', () => rmSync(join(data, 'dog/13.png')), '  dog/13.png vanished'],
      [
        'another class',
        () => renameSync(join(data, 'dog/4.png'), join(data, 'cat/d.png')),
        'dog/4.png is now cat/d.png',
      ],
      [
        'another name of a class',
        () => renameSync(join(data, 'dog'), join(data, 'cow')),
        '  dog/0.png is now cow/0.png',
      ],
      [
        'two images exchanged',
        () => exchange(join(data, 'cat/0.png'), join(data, 'dog/0.png')),
        '  cat/0.png changed\n  dog/0.png changed',
      ],
    ] as const)
      it(`is other data with ${what}`, async () => {
        await begin();
        change();
        expect(said(check)).to.include(message);
      });

    it('is the same in another place, and whatever lies beside the images', async () => {
      await begin();
      writeFileSync(join(data, 'notes.txt'), 'remember');
      const there = join(folder(), 'there');
      cpSync(data, there, { recursive: true });
      check(there);
    });

    it('is told apart whatever its files are called', async () => {
      await begin();
      const odd = join(data, 'cat', 'a\n\\\r\\n.png');
      cpSync(join(data, 'dog/1.png'), odd);
      run = await tinyRun(folder(), { data, units: 2 });
      check();
      const lines = readFileSync(join(run, 'data-files.txt'), 'utf8').split('\n');
      expect(lines.find((line) => line.startsWith('\\'))).to.match(/^\\[0-9a-f]{64} {2}cat\/a\\n\\\\\\r\\\\n\.png$/);
      renameSync(odd, join(data, 'cat', 'a.png'));
      expect(said(check)).to.include('cat/a\n\\\r\\n.png is now cat/a.png');
    });

    describe('is other data where what was left out changed, because nobody knows what it would be:', () => {
      const skipping = (): void =>
        checkSameData(openRun(run), openData(checkConfig({ ...(openRun(run).config as object) })));
      for (const [what, change, message] of [
        [
          'one bad file in place of another',
          () => writeFileSync(join(data, 'dog/bad.png'), 'no more'),
          'dog/bad.png changed',
        ],
        [
          'an image in its place',
          () => cpSync(join(data, 'dog/1.png'), join(data, 'dog/bad.png')),
          'dog/bad.png changed',
        ],
        ['a bad file more', () => writeFileSync(join(data, 'cat/worse.png'), ''), 'cat/worse.png appeared'],
        ['a bad file less', () => rmSync(join(data, 'dog/bad.png')), 'dog/bad.png vanished'],
        [
          'another file of a form that is not read',
          () => writeFileSync(join(data, 'cat/old.bmp'), 'BM2'),
          'cat/old.bmp changed',
        ],
        [
          'a cut image that is cut elsewhere',
          () => writeFileSync(join(data, 'cat/cut.png'), image.subarray(0, 50)),
          'cat/cut.png changed',
        ],
      ] as const)
        it(what, async () => {
          data = images();
          writeFileSync(join(data, 'dog/bad.png'), 'no');
          writeFileSync(join(data, 'cat/old.bmp'), 'BM');
          writeFileSync(join(data, 'cat/cut.png'), image.subarray(0, 60));
          run = await tinyRun(folder(), { data, units: 2, onBadFile: 'skip' });
          skipping();
          change();
          expect(said(skipping)).to.include(message);
        });
    });

    it('names ten files of many', async () => {
      await begin();
      for (let i = 0; i < COUNT; i++) rmSync(join(data, `dog/${i}.png`));
      cpSync(join(data, 'cat/0.png'), join(data, 'dog/new.png'));
      expect(said(check)).to.match(/ {2}dog\/0\.png vanished\n(.*\n){9} {2}and 5 more/);
    });

    it('is compared as far as a run of version 0.1 has recorded it, which is said', async () => {
      await begin();
      rmSync(join(run, 'data-files.txt'));
      check();
      rmSync(join(data, 'dog/13.png'));
      expect(said(check)).to.include(`  ${data} changed; which of its files, the run does not record`);
    });

    it('has its hashes in the run as sha256sum writes them, hashed themselves', async () => {
      await begin();
      const list = join(run, 'data-files.txt');
      const lines = readFileSync(list, 'utf8').trim().split('\n');
      expect(lines).to.have.length(2 * COUNT);
      const [hash, name] = lines[0]!.split('  ') as [string, string];
      expect(sha256(readFileSync(join(data, name)))).to.equal(hash);
      writeFileSync(list, readFileSync(list, 'utf8').replace('cat/0', 'cat/1'));
      rmSync(join(data, 'cat/0.png'));
      expect(said(check)).to.include('data-files.txt is damaged or was changed');
    });
  });
});

function exchange(one: string, other: string): void {
  renameSync(one, `${one}-`);
  renameSync(other, one);
  renameSync(`${one}-`, other);
}
