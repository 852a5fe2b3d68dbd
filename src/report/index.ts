export { type Alarm, type AlarmCode, findAlarms } from './alarms.js';
export { buildReport } from './build.js';
export { architectureDot, architectureSvg, type DrawingOptions, supernetDot, supernetSvg } from './drawing/index.js';
export { type EventLog, eventLog } from './event-log.js';
export { type ReportInput } from './input.js';
export { type ReportTable, reportTables } from './tables.js';
