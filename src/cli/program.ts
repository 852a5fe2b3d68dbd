/** Defines the command line. Commands load their dependencies when they run, so that `weft --help` is instant. */
import { Command, Option } from 'commander';
import { packageVersion } from '../runs/environment.js';
import { printable } from '../printable.js';
import { groupCommands, groupItems, referToOwnHelp } from './command-groups.js';
import { addExamples } from './examples.js';
import { asynchronously, choosing } from './halving-options.js';
import { asTyped } from './invocation.js';
import { addLatencyCommands } from './latency-commands.js';
import { addListCommands } from './list-commands.js';
import { allowChangedEnvironment, backend, json, MOVED, number, onMany, onRun, OWN_KINDS, whole } from './options.js';
import { addQueueCommands } from './queue-commands.js';

/** The whole command line: every command with its arguments and options. */
export function program(): Command {
  const weft = new Command('weft')
    .description('Neural architecture search with shared weights: search, retrain, report, export.')
    .version(packageVersion)
    .showHelpAfterError('(weft --help lists the commands)')
    .configureHelp({ sortSubcommands: false, groupItems })
    .configureOutput({
      writeOut: (text) => void process.stdout.write(asTyped(text)),
      writeErr: (text) => void process.stderr.write(printable(text)),
    })
    .exitOverride();

  onMany(weft.command('search'))
    .description('search for an architecture, retrain the best from scratch, test it once and write a report')
    .option('-r, --recipe <name>', 'a recipe by name, for example digits; weft recipes lists them')
    .option('--data <name|path>', 'a data set by name (weft list data), a folder of images by class, a CSV file')
    .option('--label <columns>', 'the column of a table to predict, or several, for example price,rent')
    .addOption(
      new Option('--task <kind>', 'whether the label of a table is a class or a number to predict').choices([
        'classification',
        'regression',
      ]),
    )
    .option('--budget <time>', 'total time, for example 10m: search and retraining are shortened to fit')
    .option('--epochs <n>', 'epochs of the search', whole(1))
    .option('--seed <n>', 'seed of every random draw', whole(0))
    .option('--seeds <list>', 'the same search with several seeds in parallel, for example 1,2,3 or 1-8')
    .option('--name <name>', 'name of the run; by default its recipe, or its space and data')
    .option('--set <field=value...>', 'any other field of the configuration, for example search.batchSize=32')
    .option('-c, --config <file>', 'a YAML configuration (see weft init)')
    .option('--space <name|file>', 'search space, by name or a file of your own')
    .option('--controller <name|file>', 'search strategy, by name or a file of your own')
    .option('--preset <name>', "the controller's constants: paper, official-code, …")
    .option(
      '--objectives <list>',
      'accuracy and the costs to trade it off against, for example accuracy,latency; gives a Pareto front; with nsga2 by default',
    )
    .option('--runs <folder>', 'folder in which run directories are created', 'runs')
    .addOption(backend())
    .addOption(json())
    .action(async (options) => (await import('./commands/search.js')).search(options));

  onRun(weft.command('resume'), MOVED)
    .description('continue a search that was stopped or killed; restore missing files of a finished one')
    .argument('<run>', 'its run directory')
    .option('--budget <time>', 'a new total time, counted from the beginning of the search')
    .addOption(allowChangedEnvironment())
    .addOption(json())
    .action(async (run, options) => (await import('./commands/search.js')).resume(run, options));

  weft
    .command('status')
    .description('show the state of a run, or of all runs')
    .argument('[run]', 'run directory; all under --runs by default')
    .option('--runs <folder>', 'folder of the run directories', 'runs')
    .addOption(json())
    .action(async (run, options) => (await import('./commands/status.js')).status(run, options));

  weft
    .command('ui')
    .description('show the runs of a folder in the browser, during and after the runs; only reads')
    .argument('[folder]', 'folder of runs, or one run', 'runs')
    .option('--port <n>', 'port on this machine; a free one by default', whole(0, 'ports'))
    .addOption(json())
    .action(async (folder, options) => (await import('./commands/ui.js')).ui(folder, options));

  onRun(onMany(weft.command('derive')), MOVED)
    .description('repeat the final choice of a finished search with more candidates or batches')
    .argument('<run>', 'run directory')
    .option('--candidates <n>', 'architectures sampled from the controller', whole(1, 'architectures'))
    .option('--batches <n>', 'validation batches on which each is evaluated', whole(1))
    .option('--top <n>', 'how many of the best to print', whole(0), 5)
    .option('--pick <conditions>', 'only networks that meet them, for example "latency<5ms,parameters<100k"')
    .option(
      '--latency-table <file>',
      "latencies of another device for --pick, by weft latency write; the run's by default",
    )
    .option('--energy-table <file>', "energies of all networks for --pick, a CSV file; the run's by default")
    .option('--energy-column <name>', 'its column; by default the only one with energies')
    .option('--retrain-top <k>', 'train the best k from scratch, and test them', whole(1))
    .addOption(allowChangedEnvironment())
    .addOption(json())
    .action(async (run, options) => (await import('./commands/derive.js')).derive(run, options));

  onRun(weft.command('specialize'), MOVED)
    .description('find the best networks of an elastic space for several budgets, and export them without training')
    .argument('<run>', 'directory of a run in an elastic space')
    .requiredOption(
      '--budgets <list>',
      'one network each, for example "parameters<=2k,parameters<=8k,multiplyAdds<=50k"',
    )
    .option('--population <n>', 'networks per generation of the evolution', whole(2, 'architectures'), 24)
    .option('--generations <n>', 'generations after the first', whole(0), 8)
    .option('--predictor <name>', 'evaluate the most promising of 8 times as many networks, for example by ridge')
    .option('--fine-tune <epochs>', 'train each network further, with the settings in retrain of the run', whole(0), 0)
    .option('-o, --out <folder>', 'where to write; <run>/specialized by default')
    .addOption(allowChangedEnvironment())
    .addOption(json())
    .action(async (run, options) => (await import('./commands/specialize.js')).specialize(run, options));

  onRun(weft.command('conflicts'), MOVED)
    .description(
      'show which options of a choice disturb each other through shared weights, and how to split them into two groups',
    )
    .argument('<run>', 'run directory')
    .option('--draws <n>', 'number of architectures and batches to average over', whole(1), 20)
    .option('--steps <n>', 'steps for which each option is trained alone', whole(1), 1)
    .option('--top <n>', 'how many choices to print, beginning with those most worth splitting', whole(1), 5)
    .addOption(allowChangedEnvironment())
    .addOption(json())
    .action(async (run, options) => (await import('./commands/conflicts.js')).conflicts(run, options));

  onRun(onMany(weft.command('train')))
    .description('train one architecture from scratch and test it')
    .argument('<architecture>', 'its text encoding, as printed by search and derive')
    .option('-r, --recipe <name>', 'a recipe for space, data and training')
    .option('-c, --config <file>', 'a YAML configuration')
    .option('--run <run>', 'use the configuration of this run')
    .option('--space <name|file>', 'search space')
    .option('--data <name|path>', "data; with --run the new place of the run's data")
    .option('--seed <n>', 'seed', whole(0))
    .option('--seeds <list>', 'the same training with several seeds in parallel, for example 1,2,3 or 1-8')
    .option('--epochs <n>', 'epochs of training', whole(1))
    .option('--name <name>', 'name of the run; by default its recipe, or its space and data')
    .option('--set <field=value...>', 'any other field of the configuration')
    .option('--runs <folder>', 'folder in which run directories are created', 'runs')
    .addOption(backend())
    .addOption(json())
    .action(async (architecture, options) => (await import('./commands/train.js')).train(architecture, options));

  choosing(asynchronously(onMany(weft.command('halve'))))
    .description(
      'successive halving: train many architectures separately for a short time, and the best of them for longer',
    )
    .option('-r, --recipe <name>', 'a recipe for space, data and training')
    .option('-c, --config <file>', 'a YAML configuration')
    .option('--space <name|file>', 'search space')
    .option('--data <name|path>', 'data')
    .option(
      '--candidates <n>',
      'candidates to begin with, in each round: random ones, or what a controller proposes',
      whole(1, 'architectures'),
      27,
    )
    .option(
      '--rounds <n>',
      'number of rounds; a controller proposes the candidates of each round and learns from them',
      whole(1),
    )
    .option(
      '--controller <name|file>',
      'with --rounds: the controller that proposes candidates; predictor-guided by default',
    )
    .option(
      '--factor <n>',
      'one in this many candidates is promoted, and is trained this many times longer; with 1 each is trained once',
      whole(1),
      3,
    )
    .option('--first <n>', 'epochs of the first rung', whole(1), 2)
    .option('--seed <n>', 'seed', whole(0))
    .option('--set <field=value...>', 'any other field of the configuration')
    .option('--runs <folder>', 'folder in which the folder of results is created', 'runs')
    .option('--out <folder>', 'the folder of results itself')
    .addOption(backend())
    .addOption(json())
    .action(async (options) => (await import('./commands/halve.js')).halve(options));

  addQueueCommands(weft);
  addLatencyCommands(weft);

  onRun(weft.command('evaluate'))
    .description("test a run's network on its test part or on other data")
    .argument('<run>', 'run directory')
    .option(
      '--data <name|path>',
      "other data of the same format, or the new place of the run's data; its test part by default",
    )
    .addOption(json())
    .action(async (run, options) => (await import('./commands/evaluate.js')).evaluate(run, options));

  onRun(weft.command('predict'))
    .description(
      "predict labels and probabilities, or numbers, for new images or rows with a run's network or an exported one",
    )
    .argument('<run>', 'run directory, or a folder that weft export has written')
    .argument('<paths...>', 'images, folders of images, CSV files, JSON lines (.jsonl); - for rows from standard input')
    .option('--probabilities', 'also print the probability of every class')
    .addOption(backend())
    .addOption(json())
    .action(async (run, paths, options) => (await import('./commands/predict.js')).predict(run, paths, options));

  onRun(weft.command('sharpness'), MOVED)
    .description("measure the loss surface at a run's retrained network, or at its shared weights")
    .argument('<run>', 'run directory')
    .option('--supernet', 'measure the shared weights of the derived architecture instead')
    .option('--examples <n>', 'training examples on which to measure', whole(1), 256)
    .option('--ends <n>', 'number of eigenvalues at each end of the spectrum', whole(1), 3)
    .option('--products <n>', 'largest number of Hessian-vector products for finding them', whole(2), 40)
    .option('--rho <distance>', "distance at which SAM's gradient is taken", number, 0.05)
    .option(
      '--radius <distance>',
      'half the distance between the points of a central difference, if products are not exact',
      number,
    )
    .option('--density', 'also the density of the spectrum (160 more products)')
    .option('--surface', 'also pictures of the loss on a line and on a plane (256 more evaluations)')
    .addOption(json())
    .action(async (run, options) => (await import('./commands/sharpness.js')).sharpness(run, options));

  onRun(weft.command('export'), MOVED)
    .description("write a run's network for stock TensorFlow.js (browser and Node), as ONNX and as safetensors")
    .argument('<run>', 'run directory')
    .option('-o, --out <folder>', 'where to write; <run>/export by default')
    .addOption(
      new Option(
        '--weights <type>',
        'bits of the weights in model.json and model.onnx; 32-bit floats by default',
      ).choices(['float32', 'float16', 'int8']),
    )
    .option('--check', 'load each file in its own runtime and compare it with the network on test examples')
    .addOption(json())
    .action(async (run, options) => (await import('./commands/export.js')).exportNetwork(run, options));

  onRun(weft.command('report'))
    .description('write a self-contained HTML report on a run, or on one search with several seeds')
    .argument('<runs...>', 'run directory; several of one search with different seeds')
    .option(
      '-o, --out <file>',
      'where to write; <run>/report.html by default, for several runs seeds.html next to the first',
    )
    .option('--chapter <file...>', 'chapters of your own, for the report of one run')
    .addOption(json())
    .action(async (runs, options) => (await import('./commands/report.js')).report(runs, options));

  onRun(weft.command('compare'))
    .description('compare configurations over seeds: differences with intervals, a verdict, one page')
    .argument(
      '<runs...>',
      'finished runs of two or more configurations, or folders of runs; the others are compared with the first',
    )
    .option('--by <setting>', 'the setting to compare, for example optimizer; by default all in which the runs differ')
    .option('-o, --out <file>', 'where to write; comparison.html in the folder of the first run by default')
    .addOption(json())
    .action(async (runs, options) => (await import('./commands/compare.js')).compare(runs, options));

  onRun(weft.command('diff'))
    .description('draw two architectures over each other, with their costs and results')
    .argument('<a>', 'a finished run, or an architecture as text')
    .argument('<b>', 'the other')
    .option('--run <run>', 'a run of their space, if both are given as text')
    .option('-o, --out <file>', 'where to write; diff.html in the folder of the first run by default')
    .addOption(json())
    .action(async (a, b, options) => (await import('./commands/compare.js')).diff(a, b, options));

  onRun(weft.command('convert'))
    .description("write a run's record for other programs: TensorBoard, Optuna, tables as CSV")
    .argument('<run>', 'run directory')
    .addOption(
      new Option('--to <format>', 'what to write').choices(['tensorboard', 'optuna', 'csv']).makeOptionMandatory(),
    )
    .option('-o, --out <folder>', 'where to write; <run>/<format> by default')
    .addOption(json())
    .action(async (run, options) => (await import('./commands/convert.js')).convert(run, options));

  onRun(onMany(weft.command('rank')), MOVED)
    .description("train a sample of networks separately, and measure how well a run's shared weights rank them")
    .argument('<run>', 'its run directory')
    .option('--architectures <n>', 'different architectures, drawn uniformly', whole(1, 'architectures'), 20)
    .option('--seeds <list>', "seeds of the trainings, for example 1,2; the run's by default")
    .option('--epochs <n>', "epochs of each training; those of the run's configuration by default", whole(1))
    .option('--batches <n>', 'validation batches on which the shared weights are evaluated; all by default', whole(1))
    .option(
      '--truth <file...>',
      'a table of published trainings, in one or more files: instead of training, compare the shared weights with trivial rankers by this table',
    )
    .option(
      '--column <name>',
      'the column of the table that holds the truth; by default its first column of accuracies',
    )
    .option(
      '--proxies <names>',
      'proxies without training to compare with the shared weights: all, none, or names and files separated by commas; by default naswot,jacov, or none if the table has proxies',
    )
    .addOption(json())
    .action(async (run, options) => (await import('./commands/rank.js')).rank(run, options));

  const forgetting = weft
    .command('forgetting')
    .description('how much training one architecture has spoiled others that share its weights');

  onRun(forgetting.command('report'))
    .description('write RUN/forgetting/: a page, report.json, and every table as CSV')
    .argument('<runs...>', 'run directories of searches that measured forgetting')
    .option(
      '--from-epoch <n>',
      'first epoch of the means; by default the first that a regularizer can have affected',
      whole(1),
    )
    .addOption(json())
    .action(async (runs, options) => (await import('./commands/forgetting.js')).report(runs, options));

  onRun(forgetting.command('compare'))
    .description('compare runs paired by seed: how much forgetting was removed, at what cost, with intervals')
    .argument('<runs...>', 'run directories, or folders of runs; those without a regularizer are the baseline')
    .option('-o, --out <folder>', 'where to write', 'forgetting-comparison')
    .option(
      '--from-epoch <n>',
      'first epoch of the means; by default the first that any regularizer can have affected',
      whole(1),
    )
    .addOption(json())
    .action(async (runs, options) => (await import('./commands/forgetting.js')).compare(runs, options));

  forgetting
    .command('two-model')
    .description('train A, then B with the first layers of A: how much A forgets, with and without regularizers')
    .option('--data <name|path>', 'proto-10 (synthetic), digits, mnist, or a path', 'proto-10')
    .option('--regularizers <names...>', 'wpl, ewc, l2-anchor, permuted-fisher, last-architecture, nsas, fair')
    .option('--alphas <numbers...>', 'strengths of the regularizers that have one')
    .option('--shared <n>', 'number of first layers that B shares with A', whole(0))
    .option('--target <accuracy>', 'stop A at this accuracy, for example 0.55, instead of at convergence', number)
    .option('--seeds <n>', 'number of runs, with seeds from --seed on', whole(1))
    .option('--seed <n>', 'seed of every random draw', whole(0), 1)
    .option('--set <option=value...>', 'any other option of the study two-model')
    .option('-o, --out <folder>', 'where to write; <runs>/study-two-model by default')
    .option('--runs <folder>', 'folder of the run directories', 'runs')
    .addOption(json())
    .action(async (options) => (await import('./commands/two-model.js')).twoModel(options));

  weft
    .command('recipes')
    .description('list the recipes, each with a short description and the time that it took')
    .addOption(json())
    .action(async (options) => (await import('./commands/recipes.js')).recipes(options));

  addListCommands(weft);

  onMany(weft.command('study'))
    .description('run a measurement with a published or calibrated answer; without a name, list them')
    .argument('[name]', 'one of the studies')
    .option('--seed <n>', 'seed of every random draw', whole(0), 1)
    .option('--set <option=value...>', "the study's own options")
    .option('-o, --out <folder>', 'where to write; <runs>/study-NAME by default')
    .option('--runs <folder>', 'folder of the run directories', 'runs')
    .addOption(backend())
    .addOption(json())
    .action(async (name, options) => (await import('./commands/study.js')).study(name, options));

  weft
    .command('init')
    .description('write a commented search space with a configuration, ready to run, or another part with its test')
    .argument('[folder]', 'where to write', '.')
    .addOption(new Option('--kind <kind>', 'kind of part; a space by default').choices(OWN_KINDS))
    .option('--js', 'a space in JavaScript instead of TypeScript')
    .option('--force', 'overwrite files that exist')
    .addOption(json())
    .action(async (folder, options) => (await import('./commands/init.js')).init(folder, options));

  weft
    .command('doctor')
    .description('check what works on this machine, with a remedy for what does not')
    .addOption(json())
    .action(async (options) => (await import('./commands/doctor.js')).doctor(options));

  weft
    .command('setup')
    .description('fetch or build the native TensorFlow library (weft falls back to WebAssembly without it)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options, command: Command) => (await import('./commands/setup.js')).setup(command.args));

  groupCommands(weft);
  addExamples(weft);
  referToOwnHelp(weft);
  return weft;
}
