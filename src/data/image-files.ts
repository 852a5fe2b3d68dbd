/** Finds the images of a folder, with their class and part. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { WeftError, unknownNameHint } from '../errors.js';
import { placeOfName, plainName, requireDifferentNames, requireDifferentNumbers } from './class-names.js';
import { isForeignName, READABLE_FORMATS } from './image-header.js';
import { isFolder, listFolder, readable, requireFile } from './source.js';

export interface LabelledFile {
  readonly path: string;
  readonly label: string;
}

/** The images of a folder: the training part, and its validation and test parts if it has them. */
export interface ImageFiles {
  readonly classNames: readonly string[];
  readonly train: readonly LabelledFile[];
  readonly validation: readonly LabelledFile[];
  readonly test: readonly LabelledFile[];
  /** The folder inside that holds the classes or parts, if it is the only one, as archives often unpack. */
  readonly inner?: string;
}

const DECODED_HERE = ['.png', '.jpg', '.jpeg'];
const REFUSED_FORMS = ['.bmp', '.heic', '.heif'];

/** Names of the parts of a data set, case-insensitive. */
const PARTS = {
  train: /^train(ing)?$/i,
  validation: /^val(id|idation)?$/i,
  test: /^test(ing)?$/i,
} as const;

/** The part that a folder or a value with this name denotes. */
export function partNamed(name: string): keyof typeof PARTS | undefined {
  return (Object.keys(PARTS) as (keyof typeof PARTS)[]).find((part) => PARTS[part].test(name.trim()));
}

/** Whether a file with this name is read, or rejected by name. */
export const isImageName = (file: string): boolean => isReadable(file) || isRefusedForm(file);

const isReadable = (file: string): boolean => DECODED_HERE.includes(extname(file).toLowerCase()) || isForeignName(file);

/** Images that are listed only to be rejected by name when they are read. */
export const isRefusedForm = (file: string): boolean => REFUSED_FORMS.includes(extname(file).toLowerCase());

/** Files that programs leave behind are not data: hidden files and folders, and those of macOS archives. */
const isVisible = (name: string): boolean => !name.startsWith('.') && name !== '__MACOSX';

/** The visible subfolders of a folder, sorted by name. */
const subfolders = (folder: string): string[] =>
  listFolder(folder).filter((name) => isVisible(name) && isFolder(join(folder, name)));

/**
 * The folders of the parts. A folder called `train` without subfolders is a class of that name; without a `train`
 * folder, the other part names are classes too.
 */
function partFolders(folder: string): { readonly train: string; readonly validation?: string; readonly test?: string } {
  const names = subfolders(folder);
  const find = (part: keyof typeof PARTS): string | undefined => {
    const [found, other] = names.filter((name) => partNamed(name) === part);
    if (other !== undefined)
      throw new WeftError(
        'data',
        `${folder} has two folders for the same part: ${found} and ${other}`,
        'merge them, or rename one of them',
      );
    return found;
  };
  if (!names.some((name) => partNamed(name) === 'train' && subfolders(join(folder, name)).length > 0))
    return { train: folder };
  const [train, validation, test] = [find('train')!, find('validation'), find('test')];
  return {
    train: join(folder, train),
    ...(validation !== undefined && { validation: join(folder, validation) }),
    ...(test !== undefined && { test: join(folder, test) }),
  };
}

/** Folders within each other that are looked through for the one with the classes. */
const DEEPEST = 3;

/**
 * The folder that holds the classes or parts: this one, or, as archives often unpack, its only folder if that one has
 * several folders or parts. A folder that is named like a part or a known class is one.
 */
function rootOf(folder: string, known?: readonly string[]): string {
  let inner = folder;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const [only, ...others] = subfolders(inner);
    const isOne =
      only === undefined || partNamed(only) !== undefined || (known !== undefined && placeOfName(only, known) >= 0);
    if (isOne || others.length > 0 || listFolder(inner).some(isReadable)) return folder;
    inner = join(inner, only);
    if (listFolder(inner).some((name) => isVisible(name) && isReadable(name))) return folder;
    if (subfolders(inner).length > 1 || partFolders(inner).train !== inner) return inner;
  }
  return folder;
}

/** Whether any class folder holds a readable image. */
export function isImageFolder(folder: string): boolean {
  const root = partFolders(folder).train;
  const seen = rememberPaths();
  for (const label of subfolders(root)) {
    try {
      for (const path of filesBelow(join(root, label), seen)) if (isReadable(path)) return true;
    } catch (error) {
      if (error instanceof WeftError) return true; // reading it will report what is wrong with it
      throw error;
    }
  }
  return false;
}

/** Whether its folders look like classes although a table lists images: several folders, not all named like parts. */
export function hasClassFolders(folder: string): boolean {
  const names = subfolders(partFolders(folder).train);
  return names.length > 1 && names.some((name) => partNamed(name) === undefined);
}

/**
 * Lists the images of all parts; each real file and folder is one image or folder of one class in one part. If classes
 * are `known`, no others are allowed.
 */
export function listImageFiles(given: string, known?: readonly string[]): ImageFiles {
  const folder = rootOf(given, known);
  const parts = partFolders(folder);
  const seen = rememberPaths();
  seen.add(
    readable(folder, () => realpathSync(folder)),
    folder,
  );
  if (parts.train !== folder)
    seen.add(
      readable(parts.train, () => realpathSync(parts.train)),
      parts.train,
    );
  const found = subfolders(parts.train);
  const unknown = known && found.find((label) => placeOfName(label, known) < 0);
  if (unknown !== undefined)
    throw new WeftError(
      'data',
      `${join(parts.train, unknown)}: the network has no class with this name`,
      unknownNameHint(unknown, known!),
    );
  const classNames = known ?? found.map(plainName);
  const places = found.map((name) => ({ name, place: join(parts.train, name) }));
  requireDifferentNames(places, parts.train);
  requireDifferentNumbers(places, parts.train);
  const others = (part: string | undefined): LabelledFile[] => {
    if (part === undefined) return [];
    const labels = subfolders(part);
    const stranger = labels.find((label) => placeOfName(label, classNames) < 0);
    if (stranger !== undefined)
      throw new WeftError(
        'data',
        `${join(part, stranger)}: there is no class with this name in ${parts.train}`,
        unknownNameHint(stranger, classNames),
      );
    seen.add(
      readable(part, () => realpathSync(part)),
      part,
    );
    return listClasses(part, labels, seen);
  };
  return {
    classNames,
    train: listClasses(parts.train, found, seen),
    validation: others(parts.validation),
    test: others(parts.test),
    ...(folder !== given && { inner: relative(given, folder) }),
  };
}

/** The readable images below a folder, at any depth, sorted by path. */
export function imagesBelow(folder: string): string[] {
  return [...filesBelow(folder, rememberPaths())].filter(isReadable);
}

function listClasses(folder: string, names: readonly string[], seen: Seen): LabelledFile[] {
  return names.flatMap((name) => {
    const label = plainName(name);
    const images: LabelledFile[] = [];
    for (const path of filesBelow(join(folder, name), seen)) {
      if (isImageName(path)) images.push({ path, label });
    }
    if (images.length === 0)
      throw new WeftError(
        'data',
        `${join(folder, name)} contains no image (${READABLE_FORMATS})`,
        `put images of the class '${label}' there or remove the folder`,
      );
    return images;
  });
}

/** The files below a folder, sorted by path. Symbolic links are followed, but nothing is visited twice. */
function* filesBelow(folder: string, seen: Seen): Generator<string> {
  const real = readable(folder, () => realpathSync(folder));
  seen.add(real, folder);
  const entries = readable(folder, () => readdirSync(folder, { withFileTypes: true }));
  const found: { path: string; real: string; folder: boolean }[] = [];
  for (const entry of entries) {
    if (!isVisible(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) {
      const target = resolveLink(path);
      if (target === undefined) continue;
      found.push({ path, ...target });
    } else found.push({ path, real: join(real, entry.name), folder: entry.isDirectory() });
  }
  // As if all paths below were sorted together: those of a folder come where its name followed by a slash would.
  const key = (one: { path: string; folder: boolean }): string => (one.folder ? `${one.path}/` : one.path);
  found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  for (const one of found) {
    if (one.folder) yield* filesBelow(one.path, seen);
    else if (isReadable(one.path)) {
      requireFile(one.path);
      seen.add(one.real, one.path);
      yield one.path;
    } else yield one.path;
  }
}

/** The target of a link; undefined if it is broken and no image would be missed. */
function resolveLink(path: string): { real: string; folder: boolean } | undefined {
  try {
    return { real: realpathSync(path), folder: statSync(path).isDirectory() };
  } catch (cause) {
    if (!isReadable(path)) return undefined;
    throw new WeftError(
      'data',
      `${path} is a symbolic link that leads nowhere`,
      'remove the link, or restore its target',
      { cause },
    );
  }
}

interface Seen {
  /** Rejects a real path that was already visited under another name. */
  add(real: string, path: string): void;
}

function rememberPaths(): Seen {
  const paths = new Map<string, string>();
  return {
    add(real, path) {
      const earlier = paths.get(real);
      if (earlier !== undefined && earlier !== path)
        throw new WeftError(
          'data',
          `${path} leads to the same ${isReadable(path) ? 'image' : 'folder'} as ${earlier}`,
          'remove the symbolic link: an image that is reached twice would be used twice, possibly under two classes or both for training and for testing',
        );
      paths.set(real, path);
    },
  };
}
