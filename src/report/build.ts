/** The whole report: one HTML file that needs nothing else, neither network nor scripts. */
import { eventLog } from './event-log.js';
import { type ReportInput } from './input.js';
import { comparisonSection, courseSection, preferencesSection, retrainingSection } from './html/course.js';
import { html, raw } from './html/markup.js';
import { candidatesSection, networkSection } from './html/network.js';
import { nameOf, overview } from './html/overview.js';
import { dataSection, reproductionSection, versionOf } from './html/record.js';
import { STYLE } from './html/style.js';

/** The report of a run, finished or not; what the run has not reached yet is left out. The same input gives the same bytes. */
export async function buildReport(input: ReportInput): Promise<string> {
  const log = eventLog(input.events);
  const version = versionOf(input);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Weft${version && ` ${version}`}">
<title>${nameOf(input)} · Weft</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
${overview(input, log)}
${await networkSection(input, log)}
${comparisonSection(log)}
${await candidatesSection(input, log)}
${courseSection(log)}
${await preferencesSection(input, log)}
${retrainingSection(log)}
${dataSection(input)}
${reproductionSection(input)}
<footer>Made by Weft${version && ` ${version}`} from the run’s own files.</footer>
</main>
</body>
</html>
`.markup;
}
