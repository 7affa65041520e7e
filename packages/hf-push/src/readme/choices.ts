import { createHash } from 'node:crypto';

/** The colours a Space's card may have. @see Hugging Face's Spaces configuration reference, colorFrom and colorTo. */
export const approvedColors = ['red', 'yellow', 'green', 'blue', 'indigo', 'purple', 'pink', 'gray'] as const;

/** A colour of {@link approvedColors}. */
export type Color = (typeof approvedColors)[number];

/** Emoji for Spaces that have none of their own: single code points, so that every reader shows them. */
export const approvedEmoji: readonly string[] = (
  '🎯 🎲 🎮 🎰 🎳 🎨 🎬 🎧 🎹 🎻 🎷 🎺 🥁 🎪 🎭 🎡 🎢 🎠 🧩 🪁 🪀 🏓 🏸 🥊 🥋 🏹 🛹 🛼 ⚽ 🏀 🏈 ⚾ 🎾 🏐 🎱 ' +
  '🚀 🛸 🚁 🚂 🚃 🚄 🚌 🚜 🛵 🚲 🛶 ⛵ 🚤 🛫 🪂 🚡 🧭 🌍 🌋 🗻 🏝 🏕 🏰 🗼 🌁 🌃 🌉 🌠 🌌 🌈 🔥 💧 🌊 ❄ ' +
  '🐶 🐱 🐭 🐹 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐸 🐵 🐔 🐧 🐦 🦆 🦅 🦉 🦇 🐺 🐴 🦄 🐝 🐛 🦋 🐌 🐞 🐢 🐍 🦎 🐙 🦑 🦐 🦀 🐡 🐠 🐬 🐳 🦈 🐊 ' +
  '🌵 🌲 🌳 🌴 🌱 🌿 🍀 🍁 🍄 🌻 🌼 🌷 🍎 🍊 🍋 🍉 🍇 🍓 🍒 🍍 🥝 🥑 🥕 🌽 🥨 🍪 🍩 🍯 ' +
  '🤖 👾 🧠 💡 🔬 🔭 🧪 🧬 🧲 🔧 🔨 🧰 🔩 🪐 📡 💎 🔮 🧿 🪄 📦 📚 📐 🧮'
).split(' ');

/** What a Space's card shows. */
export interface CardLook {
  readonly emoji: string;
  readonly colorFrom: Color;
  readonly colorTo: Color;
}

/**
 * Chooses the look of a Space by its name: as good as random between names, and always the same for one. The two
 * colours differ.
 */
export function chooseLook(spaceName: string): CardLook {
  const digest = createHash('sha256').update(spaceName).digest();
  const from = digest.readUInt32BE(4) % approvedColors.length;
  const to = (from + 1 + (digest.readUInt32BE(8) % (approvedColors.length - 1))) % approvedColors.length;
  return {
    emoji: pick(approvedEmoji, digest.readUInt32BE(0)),
    colorFrom: pick(approvedColors, from),
    colorTo: pick(approvedColors, to),
  };
}

function pick<Item>(list: readonly Item[], number: number): Item {
  return list[number % list.length] as Item;
}

/** The approved colour that looks most like a hexadecimal one (`#rrggbb` or `#rgb`). Undefined for anything else. */
export function nearestColor(text: string): Color | undefined {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const wide = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const wanted = [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16));
  const distance = (color: Color): number =>
    shades[color].reduce((sum, part, index) => sum + (part - (wanted[index] ?? 0)) ** 2, 0);
  return approvedColors.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** About what the Hub paints for each name. */
const shades: Readonly<Record<Color, readonly number[]>> = {
  red: [239, 68, 68],
  yellow: [234, 179, 8],
  green: [34, 197, 94],
  blue: [37, 99, 235],
  indigo: [79, 70, 229],
  purple: [168, 85, 247],
  pink: [236, 72, 153],
  gray: [107, 114, 128],
};
