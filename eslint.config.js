/**
 * What is checked beside types: promises that nobody waits for, and the architecture. The order in which
 * folders may import each other is read from docs/explanation/architecture.md, so that the page cannot be wrong.
 */
import { readFileSync } from 'node:fs';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const page = readFileSync(new URL('docs/explanation/architecture.md', import.meta.url), 'utf8');
const order = /^`(errors,[\w,\s]+)`$/m.exec(page)?.[1].split(/,\s+/);
if (!order) throw new Error('docs/explanation/architecture.md does not list the folders in the order of their imports');

const TENSORFLOW = { regex: '^@tensorflow/', message: 'TensorFlow.js comes from src/tensor/tf.ts.' };
const ITSELF = { regex: '^weft-nas', message: 'Inside src, import the file.' };
const OWN_TEMPLATES = {
  regex: '(^|/)(search-spaces|controllers)/',
  message: 'src does not know the shipped spaces and controllers.',
};
const PUBLIC_ONLY = {
  regex: '^(?!weft-nas$|\\./)',
  message: "Spaces and controllers are templates: they import 'weft-nas' and files of their own.",
};
const STUDY_ONLY = {
  regex: '^(?!weft-nas(/report|/study|/controllers/[\\w-]+)?$|node:|\\./|\\.\\./(?!\\.\\./|src/))',
  message: "Studies import 'weft-nas', its entries for studies, reports and controllers, and each other's files.",
};

const imports = (...patterns) => ['error', { patterns }];

/** No folder imports one to its right. */
const folders = order.map((folder, index) => {
  const later = [...order.slice(index + 1), 'index'].join('|');
  const above = folder === 'errors' ? '\\./' : '(\\.\\./)+';
  const direction = {
    regex: `^${above}(${later})(/|\\.js$)`,
    message: `'${folder}' may import only folders to its left in docs/explanation/architecture.md.`,
  };
  return {
    files: [`src/${folder}.ts`, `src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': imports(direction, ITSELF, OWN_TEMPLATES, ...(folder === 'tensor' ? [] : [TENSORFLOW])),
    },
  };
});

const TENSORS = ['Tensor', ...[0, 1, 2, 3, 4].map((rank) => (rank === 0 ? 'Scalar' : `Tensor${rank}D`))]
  .flatMap((name) => [name, `tf.${name}`])
  .concat('T');

const DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Name what is exported.' };
const NEW_DATE = {
  selector: "NewExpression[callee.name='Date']",
  message: 'Only src/runs and src/cli look at the clock.',
};
/** What is as long as the data or the events of a run is no list of arguments: a call takes some 125,000 of them. */
const SPREAD_ARGUMENTS = {
  selector:
    'CallExpression[callee.property.name=/^(push|unshift|max|min|fromCharCode|fromCodePoint)$/] > SpreadElement',
  message: 'Use a loop, concat, largestOf or smallestOf (statistics/extremes.ts).',
};
/**
 * Files that read what no other user may have made: the system, the package, the code that the user names, standard
 * input.
 */
const READERS = [
  'src/data/{source,package-version,unlabelled,image-cache}.ts',
  'src/runs/{environment,process-identity}.ts',
  'src/jobs/child-handle.ts',
  'src/tensor/{browser-bundle,processor}.ts',
  'src/api/{templates,import-module}.ts',
];

const SIZED_BY_DATA = [
  'data',
  'statistics',
  'trees',
  'curvature',
  'forgetting',
  'search',
  'ranking',
  'jobs',
  'export',
  'report',
];

export default defineConfig(
  globalIgnores(['dist/', 'runs/*', 'coverage/', 'docs/', 'site/', '**/*.d.ts']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: {
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      // A tensor's rank is told where it is made.
      '@typescript-eslint/no-unnecessary-type-assertion': ['error', { typesToIgnore: TENSORS }],
      '@typescript-eslint/return-await': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Our objects are closures: nothing of ours looks at `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Named unions and schemas make declarations short.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      // An async function rejects where another would throw, and what is written in JSON is printed as it is.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      // Numbers and enumerations in messages are what they look like.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowArray: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'search-spaces/**/*.ts', 'controllers/**/*.ts', 'studies/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-console': 'error',
      'max-lines': ['error', 400],
      // Prettier wraps code, not comments.
      'max-len': ['error', { code: 10_000, comments: 120, ignoreUrls: true }],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from stream(seed, name…).' },
        { object: 'Date', property: 'now', message: 'Only src/runs and src/cli look at the clock.' },
        { object: 'performance', property: 'now', message: 'Only src/runs and src/cli look at the clock.' },
      ],
      'no-restricted-syntax': ['error', NEW_DATE],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: READERS,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:fs',
              importNames: ['readFileSync', 'createReadStream'],
              message:
                'readBytes (data/source.ts) and readText (runs/read-text.ts) refuse pipes, devices and what is too large.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', NEW_DATE, DEFAULT_EXPORT] } },
  {
    files: SIZED_BY_DATA.map((folder) => `src/${folder}/**/*.ts`),
    rules: { 'no-restricted-syntax': ['error', NEW_DATE, DEFAULT_EXPORT, SPREAD_ARGUMENTS] },
  },
  ...folders,
  { files: ['search-spaces/**/*.ts', 'controllers/**/*.ts'], rules: { 'no-restricted-imports': imports(PUBLIC_ONLY) } },
  { files: ['studies/**/*.ts'], rules: { 'no-restricted-imports': imports(STUDY_ONLY) } },
  {
    files: ['src/runs/**/*.ts', 'src/cli/**/*.ts', 'src/doctor/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from stream(seed, name…).' },
      ],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, SPREAD_ARGUMENTS],
    },
  },
  // Commander gives its options as `any`; the commands say what they take.
  {
    files: ['src/cli/program.ts', 'src/cli/*-commands.ts'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off' },
  },
  // Plot's types mention a browser's, which we do not load.
  { files: ['src/report/charts/frame.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
  { files: ['src/data/digits/pixels.ts'], rules: { 'max-lines': 'off' } },
  // Mostly docstrings: what the package offers is read in one place.
  { files: ['src/api/index.ts'], rules: { 'max-lines': ['error', { max: 400, skipComments: true }] } },
  // Tests of node:test are promises that nobody waits for.
  { files: ['templates/**/*.test.ts'], rules: { '@typescript-eslint/no-floating-promises': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Chai's assertions are expressions.
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
