/** Mocha's list of tests, and its counts in the file that WEFT_TEST_COUNTS names. */
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(process.env.WEFT_TEST_COUNTS, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
