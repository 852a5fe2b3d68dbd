export { type Alarm, type AlarmCode, findAlarms } from './alarms.js';
export { type Cell, toCsv } from './csv.js';
export { type Content, figure, html, type Markup, raw, section, table } from './html/markup.js';
export type { OwnChapter } from './chapter.js';
export { page } from './html/page.js';
export { buildReport } from './build.js';
export { architectureSvg, type DrawingOptions, supernetSvg } from './drawing/index.js';
export { type EventLog, eventLog } from './event-log.js';
export * from './forgetting/index.js';
export { type HalvingPage, halvingPage } from './halving/index.js';
export type { ReportInput } from './input.js';
export { rankTables } from './ranking/index.js';
export {
  analyseSeeds,
  type OverSeeds,
  type SeedRun,
  seedRunsOf,
  type SeedsAnalysis,
  seedsPage,
} from './seeds/index.js';
export { type SpecializedRow, specializedPage } from './specialized.js';
export { type ReportTable, reportTables } from './tables.js';
