/** An optimizer in a word: its name, with that of its base in brackets, for example `sam (nesterov)`. */
export function optimizerName({ name, base }: { readonly name: string; readonly base?: unknown }): string {
  const { name: inner } = (base ?? {}) as { name?: string };
  return inner === undefined ? name : `${name} (${inner})`;
}
