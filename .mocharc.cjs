// Mocha adds the files named on the command line to `spec`; whoever names files wants only those.
const named = process.argv.slice(2).some((argument) => argument.endsWith('.test.ts'));

module.exports = {
  extension: ['ts'],
  spec: named ? [] : ['test/**/*.test.ts'],
  'node-option': ['no-experimental-require-module', 'import=tsx', 'conditions=@weft-nas/source'],
  timeout: 60000,
  reporter: 'dot',
};
