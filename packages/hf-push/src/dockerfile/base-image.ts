import type { Property } from 'dockerfile-ast';
import { applyEdits, type TextEdit } from '../text/edits.js';
import { isPlaceholderBase } from './images.js';
import { offsetsOf, readDockerfile, type DockerfileModel, type Stage } from './model.js';

/** What replacing the base image did. */
export interface BaseReplacement {
  readonly text: string;
  /** The images that were replaced. */
  readonly replaced: readonly string[];
}

/**
 * Replaces the image that the final stage stands on, and that of every stage standing on the same one. Flags, names
 * of stages and everything else stay as they are to the byte.
 *
 * Where FROM is nothing but a variable with an ARG before the first FROM, the ARG's default changes; where it is more,
 * FROM itself does. `only: 'placeholder'` leaves every image alone that is not OpenEnv's own local name, in whichever
 * stage it stands.
 */
export function replaceBaseImage(text: string, image: string, only?: 'placeholder'): BaseReplacement {
  const model = readDockerfile(text);
  const root = model.final && rootOf(model.final);
  const stages = model.stages.filter(
    (stage) =>
      !stage.parent &&
      (only ? isPlaceholderBase(stage.resolvedImage) : stage.resolvedImage === root?.resolvedImage) &&
      stage.resolvedImage !== image,
  );
  const edits = new Map<number, TextEdit>();
  for (const stage of stages) {
    const edit = editOf(model, stage, image);
    // Several stages may share one ARG.
    if (edit) edits.set(edit.start, edit);
  }
  return {
    text: applyEdits(text, [...edits.values()]),
    replaced: [...new Set(stages.map(({ resolvedImage, image: written }) => resolvedImage || written))],
  };
}

/** The stage a chain of stages begins with. */
export function rootOf(stage: Stage): Stage {
  return stage.parent ? rootOf(stage.parent) : stage;
}

function editOf(model: DockerfileModel, stage: Stage, image: string): TextEdit | undefined {
  const name = /^(["']?)\$(?:(\w+)|\{(\w+)\})\1$/.exec(stage.image);
  const variable = name?.[2] ?? name?.[3];
  const property = variable === undefined ? undefined : defaultOf(model, variable);
  if (property) {
    const value = property.getValueRange();
    if (value) return { ...offsetsOf(model, value), text: image };
    const at = model.offsetAt(property.getNameRange().end);
    return { start: at, end: at, text: `=${image}` };
  }
  const range = stage.from.getImageRange();
  return range ? { ...offsetsOf(model, range), text: image } : undefined;
}

/** The last ARG of that name before the first FROM: the one that counts. */
function defaultOf(model: DockerfileModel, name: string): Property | undefined {
  const args = model.initialArgs as readonly { getProperty?(): Property | null }[];
  const properties = args.flatMap((arg) => arg.getProperty?.() ?? []);
  return properties.findLast((property) => property.getName() === name);
}
