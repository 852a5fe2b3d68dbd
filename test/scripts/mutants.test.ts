import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { apply, mutantsOf } from '../../scripts/mutants/mutate.js';
import { EQUIVALENT, equivalence } from '../../scripts/mutants/results.js';
import { testsFor } from '../../scripts/mutants/test-map.js';

const faults = (text: string): string[] => mutantsOf('x.ts', text).map((mutant) => apply(mutant, text));

describe('mutants', () => {
  it('change operators, boundaries, constants, conditions, arguments and statements, one at a time', () => {
    expect(faults('const a = b < 2;')).to.deep.equal(['const a = b <= 2;', 'const a = b < 3;']);
    expect(faults('const a = b - 0.5;')).to.deep.equal(['const a = b + 0.5;', 'const a = b - 1;']);
    expect(faults('const a = f(b, c);')).to.deep.equal(['const a = f(c, b);']);
    expect(faults("const a = f(b, () => c, 'd');\na.toString(b, {});")).to.deep.equal([
      "const a = f(b, () => c, 'd');\n;",
    ]);
    expect(faults('if (a) b();')).to.deep.equal(['if (!(a)) b();', 'if (a) ;']);
    expect(faults('const a = !b ? true : Math.min(c);')).to.have.members([
      'const a = !(!b) ? true : Math.min(c);',
      'const a = b ? true : Math.min(c);',
      'const a = !b ? false : Math.min(c);',
      'const a = !b ? true : Math.max(c);',
    ]);
  });

  it('leave types, imports and messages alone', () => {
    expect(
      faults("import { a } from 'b';\ntype T = 1 | 2;\ninterface I { readonly x: 3 }\nexport * from 'c';"),
    ).to.deep.equal([]);
    expect(faults("const a: 1 | 2 = b as 4;\nconst c = 'x' + d;")).to.deep.equal([]);
  });

  it('that are equivalent to the original are mutants of lines that exist', () => {
    for (const { file, line, before, after, reason } of EQUIVALENT) {
      const text = readFileSync(file, 'utf8');
      const found = mutantsOf(file, text).filter((one) => equivalence(one, text) === reason);
      expect(found, `${file}: ${line} with ${after} for ${before}`).to.not.be.empty;
    }
  });

  it('can be parsed', () => {
    const text = 'for (let i = 0; i < n; i++) { if (a[i]! >= 1 && !b) sum += f(i, -2) ** 2; else g(sum, i); }';
    const found = faults(text);
    expect(found).to.have.length.above(10);
    for (const fault of found)
      expect(ts.transpileModule(fault, { reportDiagnostics: true }).diagnostics, fault).to.deep.equal([]);
  });

  it('are assigned to the tests that reach their file, nearest first', () => {
    const tests = testsFor('statistics')('src/statistics/kendall.ts');
    expect(tests[0]).to.match(/^test\/statistics\/(assess-ranks|correlation)\.test\.ts$/);
    expect(tests).to.include('test/ranking/ranking.test.ts');
    expect(tests.join()).to.not.include('level');
  });
});
