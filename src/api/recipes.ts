/** Recipes: named configurations, in the current project's runs/recipes or shipped with the package. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, type SearchConfig } from '../config/index.js';
import { unknownNameHint, WeftError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { readText } from '../runs/read-text.js';

/** The path of a recipe's YAML file. */
export function findRecipe(name: string): string {
  const folders = recipeFolders();
  const found = folders.map((folder) => join(folder, `${name}.yaml`)).find((path) => existsSync(path));
  if (found) return found;
  throw new WeftError('config', `there is no recipe '${name}'`, unknownNameHint(name, recipeNames()));
}

/** The names of all recipes, in alphabetical order. */
function recipeNames(): string[] {
  const known = recipeFolders()
    .flatMap((folder) => readdirSync(folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
  return [...new Set(known)].sort();
}

export interface RecipeNote {
  readonly name: string;
  /** Its first comment line. */
  readonly description: string;
  /** Its running time on two cores, from the comment `time:`; undefined if it was not measured. */
  readonly time?: string;
}

/** See `listRecipes` in index.ts. */
export const listRecipes = (): RecipeNote[] => recipeNames().map(describeRecipe);

/** See `loadRecipe` in index.ts. */
export const loadRecipe = (name: string): SearchConfig => loadConfig(findRecipe(name), { recipe: name });

/** The information in a recipe's comments. */
function describeRecipe(name: string): RecipeNote {
  const comments = readText(findRecipe(name), { code: 'config' })
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) => line.replace(/^#\s*/, '').trim());
  const time = comments.find((line) => line.startsWith('time:'));
  const [description = ''] = comments.filter((line) => line !== time);
  return { name, description, ...(time !== undefined && { time: time.slice('time:'.length).trim() }) };
}

function recipeFolders(): string[] {
  return [resolve('runs', 'recipes'), join(packageRoot(), 'runs', 'recipes')].filter(
    (folder, i, all) => existsSync(folder) && all.indexOf(folder) === i,
  );
}
