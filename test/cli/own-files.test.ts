/** Spaces and controllers in files of the user's own are found in every kind of package. */
import { expect } from 'chai';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, weft, withFolder } from '../search/weft.js';

const HELPER = "import { dense } from 'weft-nas';\nexport const layer = (units: number) => dense({ units });\n";
const SPACE = `import { defineSpace, flatten, oneOf, z } from 'weft-nas';
import { layer } from './layer.js';
export default defineSpace({
  name: 'own', description: 'From a file.', options: z.strictObject({}), choices: () => ({ only: oneOf(['one']) }),
  graph: (g, _choices, _options, { classes }) => g.apply('head', layer(classes), g.apply('flat', flatten(), g.input)),
});
`;
const JAVASCRIPT = `import { defineController, z } from 'weft-nas';
export const own = defineController({ name: 'own', description: 'From a file.', options: z.strictObject({}), create: () => { throw new Error('not called'); } });
`;

describe('user files', function () {
  this.timeout(120_000);

  for (const [kind, manifest] of [
    ['says nothing', '{}'],
    ['is CommonJS', '{ "type": "commonjs" }'],
    ['is a module', '{ "type": "module" }'],
  ] as const) {
    it(`are loaded if the package ${kind}`, () =>
      withFolder(async (folder) => {
        mkdirSync(join(folder, 'node_modules'));
        symlinkSync(ROOT, join(folder, 'node_modules', 'weft-nas'));
        symlinkSync(join(ROOT, 'node_modules', 'tsx'), join(folder, 'node_modules', 'tsx'));
        for (const [name, text] of Object.entries({ 'package.json': manifest, 'layer.ts': HELPER, 'space.ts': SPACE }))
          writeFileSync(join(folder, name), text);
        const { code, stdout, stderr } = await weft(['spaces', './space.ts'], { cwd: folder });
        expect(code, stderr).to.equal(0);
        expect(stdout).to.match(/^own: From a file\./);
      }));
  }

  it('are loaded in JavaScript too', () =>
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(ROOT, join(folder, 'node_modules', 'weft-nas'));
      symlinkSync(join(ROOT, 'node_modules', 'tsx'), join(folder, 'node_modules', 'tsx'));
      writeFileSync(join(folder, 'controller.mjs'), JAVASCRIPT);
      const { code, stderr } = await weft(
        ['search', '--recipe', 'digits', '--controller', './controller.mjs', '--backend', 'cpu', '--json'],
        { cwd: folder },
      );
      expect(code).to.equal(1);
      expect(stderr).to.match(/the controller 'own' fails: not called\n {2}correct it at controller\.mjs:2/);
    }));
});
