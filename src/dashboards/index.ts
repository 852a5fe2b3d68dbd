export { optunaJournal, type OptunaOptions } from './optuna.js';
export { tensorboardEvents } from './tensorboard.js';
