import type { ThemeChoice } from './themes.js';

/** What a person set on this page; kept by the browser. */
export interface Settings {
  theme: ThemeChoice;
  fontSize: number;
  screenReader: boolean;
  /** On-screen keys; null shows them where the pointer is a finger. */
  keys: boolean | null;
}

const key = 'hawser.sessions';
const standard: Settings = { theme: 'auto', fontSize: 14, screenReader: false, keys: null };

/** Reads the settings. Where the browser keeps nothing for this page, or what it keeps is no longer understood: the standard ones. */
export function readSettings(): Settings {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Settings>;
    return {
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : standard.theme,
      fontSize:
        typeof kept.fontSize === 'number' && kept.fontSize >= 6 && kept.fontSize <= 40
          ? kept.fontSize
          : standard.fontSize,
      screenReader: kept.screenReader === true,
      keys: typeof kept.keys === 'boolean' ? kept.keys : null,
    };
  } catch {
    return { ...standard };
  }
}

/** Keeps the settings, where the browser lets a page keep something. */
export function keepSettings(settings: Settings): void {
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // They hold until the page is left.
  }
}
