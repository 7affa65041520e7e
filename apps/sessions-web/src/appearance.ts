import { make, part } from './element.js';
import { keepSettings, readSettings, type Settings } from './settings.js';
import type { ThemeChoice } from './themes.js';
import type { Service } from './entry.js';

/** What the settings come to. */
export interface Appearance {
  readonly theme: 'light' | 'dark';
  readonly fontSize: number;
  readonly screenReader: boolean;
  readonly keys: boolean;
}

const formats = [
  { format: 'text', label: 'Text', ending: 'txt' },
  { format: 'raw', label: 'Raw', ending: 'log' },
  { format: 'html', label: 'HTML', ending: 'html' },
  { format: 'cast', label: 'Recording', ending: 'cast' },
] as const;

/** Wires the dialog of settings; tells how the page is to look, now and whenever that changes. */
export function openAppearance(
  service: Service,
  session: string,
  {
    onChange,
    onSignal,
  }: { readonly onChange: (appearance: Appearance) => void; readonly onSignal: (name: string) => void },
): { show(): void } {
  const settings: Settings = readSettings();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const touch = matchMedia('(pointer: coarse)');
  const theme = part('set-theme', HTMLSelectElement);
  const font = part('set-font', HTMLSelectElement);
  const reader = part('set-reader', HTMLInputElement);
  const keys = part('set-keys', HTMLInputElement);
  const apply = (): void => {
    if (settings.theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = settings.theme;
    const shown = settings.theme === 'auto' ? (dark.matches ? 'dark' : 'light') : settings.theme;
    onChange({
      theme: shown,
      fontSize: settings.fontSize,
      screenReader: settings.screenReader,
      keys: settings.keys ?? touch.matches,
    });
  };
  const change = (): void => {
    settings.theme = theme.value as ThemeChoice;
    settings.fontSize = Number(font.value);
    settings.screenReader = reader.checked;
    if (keys.checked !== (settings.keys ?? touch.matches)) settings.keys = keys.checked;
    keepSettings(settings);
    apply();
  };
  theme.value = settings.theme;
  font.value = String(settings.fontSize);
  reader.checked = settings.screenReader;
  keys.checked = settings.keys ?? touch.matches;
  for (const field of [theme, font, reader, keys]) field.addEventListener('change', change);
  dark.addEventListener('change', apply);
  for (const button of part('set-signals').querySelectorAll('button'))
    button.addEventListener('click', () => onSignal(button.dataset['signal'] ?? ''));
  part('downloads').append(
    ...formats.map(({ format, label, ending }) =>
      make(
        'a',
        { class: 'quiet', href: service.address(`/log?format=${format}`), download: `${session}.${ending}` },
        label,
      ),
    ),
  );
  apply();
  return { show: () => part('more', HTMLDialogElement).showModal() };
}
