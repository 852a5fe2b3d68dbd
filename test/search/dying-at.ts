/** A process that resumes a run and is killed right before a file of it takes its name: `tsx dying-at.ts RUN FILE`. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch } from '../../src/index.js';

const [run, file] = process.argv.slice(2) as [string, string];
const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  if (basename(String(to)) === file) process.kill(process.pid, 'SIGKILL');
  rename(from, to);
};
syncBuiltinESMExports();
await resumeSearch(run, { space: mlp, controller: random });
