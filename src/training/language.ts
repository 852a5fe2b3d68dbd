/** Perplexity and bits per character of a language model. */

export interface LanguageMeasures {
  /** exp(loss): the number of equally likely tokens that would be as uncertain. */
  readonly perplexity: number;
  /** loss / ln 2, if the tokens are characters. */
  readonly bitsPerCharacter?: number;
}

/** Upper bound on the loss, so that its exponential is finite: a diverged model has a perplexity too. */
const LARGEST_EXPONENT = 700;

/** `loss`, in nats per token, in other units. */
export function languageMeasures(loss: number, level: 'char' | 'word'): LanguageMeasures {
  return {
    perplexity: Math.exp(Math.min(loss, LARGEST_EXPONENT)),
    ...(level === 'char' && { bitsPerCharacter: loss / Math.LN2 }),
  };
}

/** In words, for people. */
export function sayMeasures({ perplexity, bitsPerCharacter }: LanguageMeasures): string {
  return `perplexity ${perplexity.toFixed(2)}${bitsPerCharacter === undefined ? '' : `, ${bitsPerCharacter.toFixed(3)} bits per character`}`;
}
