export { serveUi, type Ui, type UiOptions } from './server.js';
