/** What every study leaves behind: rows with targets, a page, tables. */
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../../src/errors.js';
import { studyNames, loadStudy } from '../../src/api/registry.js';
import {
  defineStudy,
  gateRow,
  infoRow,
  type Parts,
  parseStudyOptions,
  runStudy,
  stopped,
  StudyStopped,
  tally,
  withinRow,
} from '../../src/studies/index.js';
import { temporaryFolder } from '../runs/temporary.js';

const parts: Parts = {
  space: () => Promise.reject(new Error('unused')),
  controller: () => Promise.reject(new Error('unused')),
};

const example = defineStudy({
  name: 'example',
  summary: 'Halves a number.',
  reference: 'Arithmetic.',
  minutes: 0.1,
  options: z.strictObject({ number: z.number().default(8) }),
  run({ number }, { shouldStop }) {
    if (shouldStop()) throw stopped();
    return {
      verdict: 'Halves are <half> as large.',
      rows: [
        gateRow('H1', 'half', number / 2, 'at most', 4),
        withinRow('H2', 'quarter', number / 4, 1, 0.05),
        infoRow('H3', 'name', 'eight'),
        gateRow('H4', 'unmeasured', null, 'at least', 1, 'no scale'),
      ],
      sections: [
        {
          title: 'A table',
          tables: [{ name: 'halves', title: 'Halves', columns: ['n', 'half, exact'], rows: [[number, number / 2]] }],
        },
      ],
    };
  },
});

/** Names of whole numbers without a limit that memory can hold, below a node of a JSON schema. */
function* limitless(node: unknown, name = ''): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const { type, maximum } = node as { type?: unknown; maximum?: number };
  if (type === 'integer' && (maximum ?? Infinity) > 1_000_000) yield name;
  for (const [key, inner] of Object.entries(node)) yield* limitless(inner, key === 'items' ? `${name}[]` : key);
}

describe('the options of the studies', () => {
  for (const name of studyNames)
    it(`${name}: every number of things has a limit, so that no typing error fills the memory`, async () => {
      const { options } = await loadStudy(name);
      const found = [...limitless(z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }))];
      // The numbers in a list of seeds are seeds, and may be large.
      expect(found.filter((one) => one !== 'seeds[]')).to.deep.equal([]);
    });
});

describe('studies', function () {
  const temporary = temporaryFolder(this);

  it('writes rows, a page and a CSV file of each table', async () => {
    const folder = temporary();
    const { rows, files } = await runStudy(example, { folder, parts });
    expect(rows.map(({ met }) => met)).to.deep.equal([true, false, null, null]);
    expect(JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8'))).to.deep.equal(rows);
    expect(readFileSync(join(folder, 'halves.csv'), 'utf8')).to.equal('n,"half, exact"\r\n8,4\r\n');
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page)
      .to.contain('Halves are &#60;half')
      .and.to.contain('1 of 3 targets met, 1 not measured.')
      .and.to.contain('within 5 % of 1');
    expect(files.every((file) => existsSync(file))).to.equal(true);
    expect(tally(rows)).to.equal('1 of 3 targets met, 1 not measured.');
  });

  it('says on its page how to repeat it: with the seed and the options that are not the defaults', async () => {
    const commandOf = async (options: object, seed: number): Promise<string | undefined> => {
      const folder = temporary();
      await runStudy(example, { folder, parts, options: { ...options }, seed });
      return /<pre>(.*?)<\/pre>/.exec(readFileSync(join(folder, 'report.html'), 'utf8'))?.[1];
    };
    expect(await commandOf({}, 1)).to.equal('weft study example');
    expect(await commandOf({ number: 8 }, 3)).to.equal('weft study example --seed 3');
    expect(await commandOf({ number: 6 }, 1)).to.equal('weft study example --set number=6');
  });

  it('of the package are summarized in one line without a full stop', async () => {
    for (const name of studyNames) expect((await loadStudy(name)).summary, name).to.match(/^[A-Z][^\n]*[^.]$/);
  });

  it('refuses an option that it does not have', async () => {
    const folder = temporary();
    const error = await runStudy(example, { folder, parts, options: { nmber: 3 } }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(WeftError).with.property('message').that.contains('nmber');
  });

  it('takes lists as they are typed: with brackets, with commas alone, or of one element', () => {
    const listed = {
      ...example,
      options: z.strictObject({
        seeds: z.array(z.int()).default([1]),
        arms: z.array(z.enum(['one', 'two'])).optional(),
      }),
    };
    const parse = (seeds: unknown, arms?: unknown): unknown => parseStudyOptions(listed, { seeds, arms });
    expect(parse('1,2', 'one,two')).to.deep.equal({ seeds: [1, 2], arms: ['one', 'two'] });
    expect(parse(3, 'two')).to.deep.equal({ seeds: [3], arms: ['two'] });
    expect(parse([4, 5])).to.deep.equal({ seeds: [4, 5], arms: undefined });
    expect(() => parse('1,x')).to.throw(WeftError, /seeds/);
  });

  it('writes nothing when it is stopped', async () => {
    const folder = temporary();
    const error = await runStudy(example, { folder, parts, shouldStop: () => true }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(StudyStopped);
    expect(existsSync(join(folder, 'rows.json'))).to.equal(false);
  });

  it('are found by name, and a wrong name gets a suggestion', async () => {
    for (const name of studyNames) expect((await loadStudy(name)).name).to.equal(name);
    const error = await loadStudy('no-such-study').catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(WeftError);
  });
});
