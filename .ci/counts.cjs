/**
 * `node .ci/counts.cjs FIRST [AGAIN]`: prints which tests failed, then mocha's counts; exits with 1 where a test
 * failed. AGAIN holds the counts of the failed files after they were run once more, alone: what passes there counts as
 * passed, and is named. `node .ci/counts.cjs --files FIRST` prints the files with a failed test.
 */
const { existsSync, readFileSync } = require('node:fs');

const read = (path) => (path && existsSync(path) ? readFileSync(path, 'utf8') : '');
const words = process.argv.slice(2);

if (words[0] === '--files') {
  const text = read(words[1]);
  const files = text ? JSON.parse(text).failures.map(({ file }) => file) : [];
  if (files.every(Boolean)) console.log([...new Set(files)].join('\n'));
} else {
  const [first, again] = words.map(read);
  if (!first) {
    console.log('mocha did not come to its end');
    process.exit(1);
  }
  const { passed, skipped, failures } = JSON.parse(first);
  // Without the counts of a second run that came to its end, every failure remains.
  const remaining = again ? JSON.parse(again).failures : failures;
  const isIn = (list) => (failure) => list.some(({ file, title }) => file === failure.file && title === failure.title);
  const alone = failures.filter((failure) => !isIn(remaining)(failure));
  // What passes first and fails alone has failed too.
  const onlyAlone = remaining.filter((failure) => !isIn(failures)(failure)).length;
  const print = (how, { title, file, message }) =>
    console.log(`${how}: ${title} (${file})\n  ${message.replaceAll('\n', '\n  ')}`);
  for (const failure of alone) print('failed next to other tests, passed alone', failure);
  for (const failure of remaining) print('failed', failure);
  console.log(`${passed + alone.length - onlyAlone} passed, ${remaining.length} failed, ${skipped} skipped`);
  process.exit(remaining.length === 0 ? 0 : 1);
}
