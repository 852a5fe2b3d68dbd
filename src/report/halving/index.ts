export { type HyperparameterAxis, hyperparameterChart } from './chart.js';
export { type HalvingPage, halvingPage } from './page.js';
