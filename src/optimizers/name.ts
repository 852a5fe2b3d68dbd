/** The short name of an optimizer, with its base in brackets, for example `sam (nesterov)`. */
export function optimizerName({ name, base }: { readonly name: string; readonly base?: unknown }): string {
  const { name: inner } = (base ?? {}) as { name?: string };
  return inner === undefined ? name : `${name} (${inner})`;
}
