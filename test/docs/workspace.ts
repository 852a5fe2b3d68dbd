/** A folder in which snippets find `weft-nas` as a user's project does, and the tools to check and run them there. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ROOT } from '../search/weft.js';
import { type Finding, type Task } from './examine.js';
import { type Block } from './markdown.js';

export interface Placed extends Block {
  /** Where the block lies in the workspace. */
  readonly path: string;
}

export interface Workspace {
  readonly root: string;
  /** The folder of a page's snippets. */
  folder(page: string): string;
  /** Writes a block under its own name, or one made from its line. */
  place(block: Block): Placed;
  dispose(): void;
}

export function createWorkspace(): Workspace {
  const root = mkdtempSync(join(tmpdir(), 'weft-docs-'));
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(ROOT, join(root, 'node_modules', 'weft-nas'));
  for (const name of ['tsx', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
  const folder = (page: string): string => join(root, page.replace(/\.md$/, '').replaceAll('/', '-'));
  return {
    root,
    folder,
    place(block) {
      const path = join(folder(block.page), block.directive.file ?? `line${block.line}.${block.language}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, block.code);
      return { ...block, path };
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What the compiler has against the snippets, each with its place in the page; unused names are nobody's fault. */
export function typeErrors(snippets: readonly Placed[]): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const { rootDir: _rootDir, outDir: _outDir, ...rest } = options;
  const program = ts.createProgram(
    snippets.map(({ path }) => path),
    {
      ...rest,
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    },
  );
  return snippets.flatMap(({ path, page, line }) => {
    const source = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const place = source.getLineAndCharacterOfPosition(start);
        return `${page}:${line + place.line}:${place.character + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      },
    );
  });
}

/** Examines the tasks in a separate process, in order. */
export async function examine(tasks: readonly Task[], cwd: string): Promise<Finding[]> {
  const script = fileURLToPath(new URL('examine.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@weft-nas/source', script], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(JSON.stringify(tasks));
  const code = await new Promise((done) => child.on('close', done));
  const findings = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Finding);
  if (code !== 0 || findings.length !== tasks.length)
    throw new Error(
      `the examination ended with ${String(code)} after ${findings.length} of ${tasks.length} tasks:\n${err}`,
    );
  return findings;
}
