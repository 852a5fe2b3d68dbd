/** What a mean cross-entropy means for a language model. */

export interface LanguageMeasures {
  /** exp(loss): among how many equally likely tokens the model is as uncertain. */
  readonly perplexity: number;
  /** loss / ln 2, where the tokens are characters. */
  readonly bitsPerCharacter?: number;
}

/** Its exponential is still a number: a model that diverged has a perplexity, too. */
const LARGEST_EXPONENT = 700;

/** The other ways to say `loss`, in nats per token. */
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
