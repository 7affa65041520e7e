import { approvedColors, approvedEmoji, chooseLook, type CardLook, type Color } from './choices.js';
import { splitReadme } from './front-matter.js';
import { readYamlMap } from '../text/yaml-map.js';

/** What front matter is made from. */
export interface FrontMatterOptions {
  /** Name of the environment, such as `echo_env`. */
  readonly name: string;
  readonly look: CardLook;
  readonly port: number;
  /** Whether `/web` is served. */
  readonly webInterface: boolean;
}

/** Front matter of a Space that has none of its own: opening line to closing line. */
export function generateFrontMatter({ name, look, port, webInterface }: FrontMatterOptions): string {
  return [
    '---',
    `title: ${titleOf(name)} Environment Server`,
    `emoji: ${look.emoji}`,
    `colorFrom: ${look.colorFrom}`,
    `colorTo: ${look.colorTo}`,
    'sdk: docker',
    'pinned: false',
    `app_port: ${port}`,
    ...(webInterface ? ['base_path: /web'] : []),
    'tags:',
    '  - openenv',
    '---',
    '',
  ].join('\n');
}

/** What stands under generated front matter when the environment has no README of its own, and before it else. */
export function generateBody({ name, webInterface }: Pick<FrontMatterOptions, 'name' | 'webInterface'>): string {
  return [
    '',
    `# ${titleOf(name)} Environment Server`,
    '',
    `An OpenEnv environment, \`${name}\`, served over HTTP and WebSocket.`,
    '',
    ...(webInterface ? ['- `/web`: try the environment by hand, and watch its state change'] : []),
    '- `/docs`: the HTTP API',
    '- `/health`: whether the server is well',
    '',
  ].join('\n');
}

/** `echo_env` → `Echo Env`, quoted by nobody: letters, digits and spaces only. */
export function titleOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

/** The look by name, but for what the Space shows already and may keep. */
export async function lookOf(spaceName: string, remoteReadme: string | undefined): Promise<CardLook> {
  const chosen = chooseLook(spaceName);
  if (remoteReadme === undefined) return chosen;
  const map = await readYamlMap(splitReadme(remoteReadme).yaml);
  if (!map.ok) return chosen;
  const { emoji, colorFrom, colorTo } = map.value;
  return {
    emoji: isEmoji(emoji) ? emoji : chosen.emoji,
    colorFrom: isColor(colorFrom) ? colorFrom : chosen.colorFrom,
    colorTo: isColor(colorTo) ? colorTo : chosen.colorTo,
  };
}

function isColor(value: unknown): value is Color {
  return (approvedColors as readonly unknown[]).includes(value);
}

function isEmoji(value: unknown): value is string {
  return (
    typeof value === 'string' && (approvedEmoji.includes(value) || /^\p{Extended_Pictographic}\S{0,12}$/u.test(value))
  );
}
