/** Texts that a person reads as a number, although their form is ambiguous or has a sign that is no digit. */

/** With thousands separators, or with a decimal comma where commas separate fields. */
const GROUPED = /^[-+]?(\d{1,3}([.,'’ \u00a0\u202f]\d{3})+([.,]\d+)?|\d+,\d+)$/;
/** With a percent sign or a currency, before or after. */
const WITH_SIGN = /^[-+]?[$€£¥]?\s*[-+]?\d[\d.,]*\s*[%$€£¥]?$/;

/** Whether a text is a number with thousands separators or a decimal comma. */
export const isGrouped = (text: string): boolean => GROUPED.test(text.trim());

/** Whether a text is such a number, or one with a percent sign or a currency. */
export const isNumberLike = (text: string): boolean => isGrouped(text) || WITH_SIGN.test(text.trim());
