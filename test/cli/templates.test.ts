/**
 * What `weft init --kind` writes runs as it is: every template passes the test that comes with it, and can be named
 * where its kind is wanted.
 */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describePart } from 'weft-nas';
import { init } from '../../src/cli/commands/init.js';
import { TEMPLATES, type TemplateKind } from '../../src/api/templates.js';
import { program } from '../../src/cli/program.js';
import { createWorkspace, type Workspace } from '../docs/workspace.js';
import { said } from '../said.js';
import { ROOT } from '../search/weft.js';
import { textPrintedBy } from './printed.js';

const KINDS = Object.keys(TEMPLATES) as TemplateKind[];

describe('weft init --kind', function () {
  this.timeout(120_000);
  let workspace: Workspace;
  before(() => {
    workspace = createWorkspace();
  });
  after(() => workspace.dispose());

  it('knows every kind that has a template', () => {
    const command = program().commands.find((one) => one.name() === 'init')!;
    expect(command.options.find(({ long }) => long === '--kind')?.argChoices).to.have.members(KINDS);
    expect(readdirSync(join(ROOT, 'templates')).sort()).to.deep.equal([...KINDS].sort());
  });

  it('writes files that all pass their own tests', async () => {
    const folder = workspace.folder('own');
    await textPrintedBy(async () => KINDS.forEach((kind) => init(folder, { kind })));
    const tests = KINDS.map((kind) => `./my-${kind}.test.ts`);
    expect(readdirSync(folder)).to.include.members(['weft.yaml', ...tests.map((name) => name.slice(2))]);
    writeFileSync(join(folder, 'all.ts'), tests.map((name) => `import '${name}';\n`).join(''));
    const output = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=@weft-nas/source', '--test-reporter=tap', 'all.ts'],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', WEFT_BACKEND: 'cpu' } },
    );
    expect(output).to.not.match(/^not ok/m);
    expect(Number(/^# pass (\d+)/m.exec(output)?.[1])).to.be.at.least(KINDS.length);
    const described = await describePart('controllers', join(folder, 'my-controller.ts'));
    expect(described).to.include({ name: 'my-controller' });
    expect(described.options.map(({ name }) => name)).to.deep.equal(['restarts']);
    expect((await describePart('studies', join(folder, 'my-study.ts'))).options).to.have.length(2);
    const objective = await describePart('objectives', join(folder, 'my-objective.ts'));
    expect(objective).to.include({ name: 'depth' });
    expect(objective.options.map(({ name }) => name)).to.deep.equal(['fewest']);
    expect(await describePart('proxies', join(folder, 'my-proxy.ts'))).to.include({ name: 'my-proxy' });
  });

  it('writes JavaScript only for spaces, and overwrites no file', async () => {
    const folder = workspace.folder('js');
    expect(said(() => init(folder, { kind: 'proxy', js: true }))).to.match(/--js writes spaces/);
    expect(existsSync(folder)).to.equal(false);
    await textPrintedBy(async () => init(folder, { js: true }));
    expect(readdirSync(folder)).to.have.members(['my-space.mjs', 'weft.yaml']);
    expect(readFileSync(join(folder, 'my-space.mjs'), 'utf8')).to.not.match(/: NodeRef|: Operation|^\s*type /m);
    expect(said(() => init(folder, { js: true }))).to.match(/exists already/);
  });
});
