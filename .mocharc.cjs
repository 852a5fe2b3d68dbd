const { availableParallelism } = require('node:os');

// Mocha adds the files named on the command line to `spec`; whoever names files wants only those, one after the other.
const named = process.argv.slice(2).some((argument) => argument.endsWith('.test.ts'));

// TensorFlow's threads wait by spinning: those of two test files on the same cores would take the time from each other.
if (!named) process.env.WEFT_THREADS ??= '1';

module.exports = {
  extension: ['ts'],
  spec: named ? [] : ['test/**/*.test.ts'],
  // Test files are imported, not required: a required one would be a CommonJS copy of everything that a dynamic import
  // loads again.
  'node-option': ['no-experimental-require-module', 'import=tsx', 'conditions=@weft-nas/source'],
  // Each file in a process of its own at a time: much of a test is one thread's work, so two share a pair of cores
  // well.
  ...(!named && { parallel: true, jobs: Math.min(4, Math.max(2, availableParallelism())) }),
  timeout: 120000,
  reporter: 'dot',
};
