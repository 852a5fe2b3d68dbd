/** Drawing and writing functions for chapters and studies (`weft-nas/report`): charts, markup, and numbers as text. */
export * as Plot from '@observablehq/plot';
export { dotChart } from './charts/dots.js';
export { type ChartOptions, drawChart, epochAxis, gridY, label, namesAtRight, thin } from './charts/frame.js';
export { type Line, linesChart } from './charts/lines.js';
export { spread } from './charts/spread.js';
export { stripChart } from './charts/strip.js';
export { aligned, decimal, duration, plural, scientific } from './format.js';
export { claim } from './html/claim.js';
export { type Content, figure, html, type Markup, raw, section, table } from './html/markup.js';
export { color, type ColorName, fillName } from './palette.js';
