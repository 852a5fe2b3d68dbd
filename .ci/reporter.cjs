/**
 * Mocha's list of tests. In the file that WEFT_TEST_COUNTS names it leaves its counts, as the JSON of
 * {passed, failed, skipped, failures}, where a failure is {title, file, message}.
 */
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const failed = this.failures.map((test) => ({
        title: test.fullTitle(),
        file: test.file,
        message: String(test.err?.message ?? '').slice(0, 500),
      }));
      const counts = { passed: passes, failed: failures, skipped: pending, failures: failed };
      writeFileSync(process.env.WEFT_TEST_COUNTS, JSON.stringify(counts));
    });
  }
};
