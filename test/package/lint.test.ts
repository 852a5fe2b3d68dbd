import { ESLint, Linter } from 'eslint';
import { expect } from 'chai';

/** Rules that hold the architecture; they need no types, so that they can be tried on a line of code. */
const RULES = ['no-restricted-imports', 'no-restricted-properties', 'no-restricted-syntax'];

describe('the linter', function () {
  this.timeout(60_000);
  const eslint = new ESLint();

  const complaints = async (file: string, code: string): Promise<string[]> => {
    const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
    const wanted = Object.fromEntries(RULES.map((rule) => [rule, rules[rule] ?? 'off']));
    return new Linter().verify(code, [{ rules: wanted }]).map(({ message }) => message);
  };
  const importing = (specifier: string): string => `import { x } from '${specifier}';`;

  const ALLOWED: readonly [file: string, code: string][] = [
    ['src/tensor/linalg/qr.ts', importing('../../errors.js')],
    ['src/tensor/library.ts', importing('@tensorflow/tfjs')],
    ['src/search/session.ts', importing('../config/schema.js')],
    ['src/report/charts/loss.ts', importing('../format.js')],
    ['src/cli/commands/export.ts', importing('../../search/model.js')],
    ['src/cli/progress.ts', 'Date.now(); new Date();'],
    ['src/runs/clock.ts', 'performance.now();'],
    ['src/index.ts', importing('./controller/index.js')],
    ['search-spaces/mlp.ts', importing('weft-nas')],
    ['controllers/enas/loss.ts', importing('./plan.js')],
    ['controllers/enas.ts', 'export default 1;'],
    ['studies/two-model/charts.ts', importing('weft-nas/report')],
    ['studies/two-model/index.ts', importing('../shared/learner.js')],
  ];
  const REFUSED: readonly [file: string, code: string, message: RegExp][] = [
    ['src/tensor/linalg/qr.ts', importing('../../data/index.js'), /'tensor' may import only folders to its left/],
    ['src/errors.ts', importing('./tensor/tf.js'), /'errors' may import only/],
    ['src/space/choice.ts', importing('../graph/index.js'), /'space' may import only/],
    ['src/runs/journal.ts', importing('../search/events.js'), /'runs' may import only/],
    ['src/cli/output.ts', importing('../index.js'), /'cli' may import only/],
    ['src/optimizers/base.ts', importing('@tensorflow/tfjs'), /src\/tensor\/tf.ts/],
    ['src/search/session.ts', importing('../../search-spaces/mlp.js'), /does not know the shipped spaces/],
    ['src/graph/builder.ts', importing('weft-nas'), /import the file/],
    ['src/graph/builder.ts', 'export default 1;', /Name what is exported/],
    ['src/data/batches.ts', 'Math.random();', /stream\(seed/],
    ['src/cli/progress.ts', 'Math.random();', /stream\(seed/],
    ['src/search/conduct.ts', 'Date.now();', /the clock/],
    ['src/search/conduct.ts', 'new Date();', /the clock/],
    ['search-spaces/mlp.ts', importing('../src/graph/index.js'), /templates/],
    ['search-spaces/mlp.ts', importing('weft-nas/controllers/enas'), /templates/],
    ['controllers/enas/loss.ts', importing('@tensorflow/tfjs'), /templates/],
    ['studies/two-model/index.ts', importing('../../src/statistics/index.js'), /Studies import/],
    ['studies/two-model/index.ts', importing('@observablehq/plot'), /Studies import/],
    ['controllers/random.ts', 'new Date();', /the clock/],
  ];

  for (const [file, code] of ALLOWED) {
    it(`lets ${file} have: ${code}`, async () => {
      expect(await complaints(file, code)).to.deep.equal([]);
    });
  }
  for (const [file, code, message] of REFUSED) {
    it(`keeps ${file} from: ${code}`, async () => {
      const found = await complaints(file, code);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(message);
    });
  }
});
