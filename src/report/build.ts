/** The whole report: one self-contained HTML file that needs neither network nor scripts. */
import { type OwnChapter, ownChapter } from './chapter.js';
import { eventLog } from './event-log.js';
import { forgettingSection } from './forgetting/index.js';
import { type ReportInput } from './input.js';
import { assessmentSection } from './html/assessment.js';
import { sharpnessSection } from './html/sharpness.js';
import { comparisonSection, courseSection, preferencesSection, retrainingSection } from './html/course.js';
import { frontSection } from './html/front.js';
import { html } from './html/markup.js';
import { candidatesSection, networkSection } from './html/network.js';
import { nameOf, overview } from './html/overview.js';
import { page } from './html/page.js';
import { comparisonsOf, rankersSection, rankSection, trivialRankersSection } from './ranking/index.js';
import { labelsSection } from './html/labels.js';
import { valuesSection } from './html/values.js';
import { mistakesSection } from './html/mistakes.js';
import { dataSection, reproductionSection, versionOf } from './html/record.js';

/**
 * The report of a run, finished or not, with user-defined chapters before its record; phases that the run has not
 * reached yet are left out. The same input gives the same bytes.
 */
export async function buildReport(input: ReportInput, chapters: readonly OwnChapter[] = []): Promise<string> {
  const log = eventLog(input.events);
  const comparisons = comparisonsOf(input);
  return page(
    { title: nameOf(input), version: versionOf(input), source: 'the run’s own files' },
    html`${overview(input, log)}
${await networkSection(input, log)}
${assessmentSection(log)}${mistakesSection(log)}${labelsSection(log)}${valuesSection(log)}
${frontSection(log)}
${comparisonSection(log)}
${await candidatesSection(input, log)}
${trivialRankersSection(input, log, comparisons)}
${courseSection(log)}
${forgettingSection(input)}
${await preferencesSection(input, log)}
${rankSection(input.ranking, comparisons.trained)}
${rankersSection(input.truth, comparisons.published)}
${retrainingSection(log)}
${sharpnessSection(input, log)}
${chapters.map((one) => ownChapter(one, input))}
${dataSection(input)}
${reproductionSection(input)}`,
  );
}
