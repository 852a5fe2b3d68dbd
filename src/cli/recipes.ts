/** Recipes: configurations by name, in the present project's runs/recipes or shipped with the package. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unknownNameHint, WeftError } from '../errors.js';

/** The path of a recipe's YAML file. */
export function findRecipe(name: string): string {
  const folders = recipeFolders();
  const found = folders.map((folder) => join(folder, `${name}.yaml`)).find((path) => existsSync(path));
  if (found) return found;
  const known = folders
    .flatMap((folder) => readdirSync(folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
  throw new WeftError('config', `there is no recipe '${name}'`, unknownNameHint(name, [...new Set(known)]));
}

function recipeFolders(): string[] {
  return [resolve('runs', 'recipes'), join(packageRoot(), 'runs', 'recipes')].filter(
    (folder, i, all) => existsSync(folder) && all.indexOf(folder) === i,
  );
}

/** The folder of this package: the nearest above that has a package.json. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
