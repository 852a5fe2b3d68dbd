/** Forgetting as a chapter of the search report. */
import { claim } from '../html/claim.js';
import { sentence } from '../html/course.js';
import { type Content, html, section } from '../html/markup.js';
import { withMinus } from '../format.js';
import { type ReportInput } from '../input.js';
import { analyseForgetting } from './analysis.js';
import { eventLog } from '../event-log.js';
import { panelFigures } from './sections.js';
import { widthsSection } from './widths-section.js';

/** The verdict and the panels, and the matrix of sizes; nothing if the run did not measure forgetting. */
export function forgettingSection(input: ReportInput): Content {
  const analysis = analyseForgetting(input);
  const widths = widthsSection(eventLog(input.events));
  if (!analysis) return widths;
  const warnings = analysis.health.filter(({ status }) => status === 'WARN');
  const chapter = section(
    'forgetting',
    'Forgetting',
    claim(sentence(analysis.verdict)),
    html`<p>Regularizer: ${analysis.measurements.config.regularizer}. The loss of each architecture is measured right after its own training (loss1) and at the end of the epoch (loss2). For the full report by operation, edge and tensor: <code>weft forgetting report RUN</code>.</p>\n`,
    warnings.length > 0 &&
      html`<p class="warn">${warnings.map(({ what, detail }) => `${what}: ${withMinus(detail)}. `).join('')}</p>\n`,
    panelFigures([{ name: '', color: 'controller', epochs: analysis.measurements.epochs }]),
  );
  return [chapter, widths];
}
