/** Two examples of each command, at the end of its `--help`. */
import { type Command } from 'commander';

const RUN = 'runs/RUN';
const OTHER = 'runs/OTHER';
const ELASTIC = 'runs/ELASTIC';
const NETWORK = 'macro-cnn~6cda98:conv3.sep3-0.conv5-10.conv3-010';

const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  search: ['search --recipe digits', 'search --data ./my-images --budget 10m'],
  resume: [`resume ${RUN}`, `resume ${RUN} --budget 30m`],
  status: ['status', `status ${RUN} --json`],
  ui: ['ui', `ui ${RUN} --port 8080`],
  derive: [`derive ${RUN} --candidates 200 --batches 4`, `derive ${RUN} --pick "parameters<20k" --retrain-top 3`],
  specialize: [
    `specialize ${ELASTIC} --budgets "parameters<=1500,parameters<=8k"`,
    `specialize ${ELASTIC} --budgets "multiplyAdds<=200k" --fine-tune 2`,
  ],
  conflicts: [`conflicts ${RUN}`, `conflicts ${RUN} --draws 50 --top 10`],
  train: [`train ${NETWORK} --recipe digits`, `train ${NETWORK} --run ${RUN} --seeds 1-4`],
  halve: ['halve --recipe digits --candidates 9', 'halve --data ./my-images --asha --longest 54 --retrain-top 3'],
  worker: ['worker --queue ./queue', 'worker --queue postgres://user@host/weft --slots 2 --until-empty'],
  'queue status': ['queue status --queue ./queue', 'queue status --queue postgres://user@host/weft --json'],
  'queue retry': ['queue retry --queue ./queue', 'queue retry 3f9a --queue ./queue'],
  'latency write': ['latency write --recipe digits', 'latency write --space mlp --data digits --out phone'],
  'latency show': ['latency show latency.json --recipe digits', 'latency show phone.json --space mlp --data digits'],
  evaluate: [`evaluate ${RUN}`, `evaluate ${RUN} --data ./other-images`],
  predict: [`predict ${RUN} photo.jpg more-photos/`, `predict ${RUN}/export rows.csv --probabilities`],
  sharpness: [`sharpness ${RUN}`, `sharpness ${RUN} --density --surface`],
  export: [`export ${RUN} --check`, `export ${RUN} --out web/model --weights int8`],
  report: [`report ${RUN}`, `report ${RUN} ${OTHER} --out seeds.html`],
  compare: ['compare runs --by optimizer', 'compare runs/sgd runs/sam --out sam.html'],
  diff: [`diff ${RUN} ${OTHER}`, `diff ${RUN} ${NETWORK}`],
  convert: [`convert ${RUN} --to tensorboard`, `convert ${RUN} --to csv --out tables`],
  rank: [`rank ${RUN} --architectures 10 --epochs 5`, `rank ${RUN} --seeds 1,2 --proxies synflow,naswot`],
  'forgetting report': [`forgetting report ${RUN}`, `forgetting report ${RUN} --from-epoch 3`],
  'forgetting compare': [
    'forgetting compare runs/without runs/with',
    'forgetting compare runs/without runs/with --out wpl',
  ],
  'forgetting two-model': [
    'forgetting two-model --data digits',
    'forgetting two-model --data digits --regularizers wpl ewc --seeds 3',
  ],
  recipes: ['recipes', 'recipes --json'],
  list: ['list optimizers', 'list spaces macro-cnn'],
  study: ['study', 'study two-model --set data=digits seeds=3'],
  init: ['init my-search', 'init my-optimizer --kind optimizer'],
  doctor: ['doctor', 'doctor --json'],
  setup: ['setup', 'setup --gpu'],
};

/** Adds them to the help of every command below `above`; a command that only groups others has none. */
export function addExamples(above: Command, path: readonly string[] = []): void {
  for (const command of above.commands) {
    const names = [...path, command.name()];
    const examples = EXAMPLES[names.join(' ')];
    if (examples) command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  weft ${line}`).join('\n')}`);
    addExamples(command, names);
  }
}
