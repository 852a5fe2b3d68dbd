/** A part of a page that is replaced on its own when it changes. */
import { type Content, html, type Markup } from '../report/html/markup.js';

export const part = (id: string, content: Content): Markup => html`<div data-part="${id}">${content}</div>`;
