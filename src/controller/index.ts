export type { Controller, ControllerFactory, ControllerSetting, ControllerSnapshot, Evaluated, Metrics } from './contract.js';
