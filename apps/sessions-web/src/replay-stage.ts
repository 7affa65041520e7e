import type { Appearance } from './appearance.js';
import { part } from './element.js';
import type { Stage } from './replay.js';
import { openScreen, type Screen } from './screen.js';

/** The second terminal, that a recording is played on. It is made when it is first needed. */
export interface ReplayStage {
  readonly take: () => Stage;
  show(shown: boolean): void;
  look(appearance: Appearance): void;
}

/** Prepares it. `onKey` gets the keys of the page. */
export function openReplayStage(onKey: (event: KeyboardEvent) => boolean): ReplayStage {
  const container = part('replayed');
  let screen: Screen | undefined;
  let appearance: Appearance | undefined;
  const ignore = (): void => undefined;
  const open = (): Screen => {
    const opened = openScreen(container, {
      onInput: ignore,
      onFit: ignore,
      onTitle: ignore,
      onClipboard: ignore,
      onTop: ignore,
      onKey,
    });
    opened.accept('rest');
    if (appearance) opened.look(appearance);
    return opened;
  };
  const take = (): Stage => {
    const stage = (screen ??= open());
    return {
      begin: (cols, rows) => stage.replace({ size: { cols, rows }, data: new Uint8Array(), keep: false }, ignore),
      write: (text) => stage.write(text),
      resize: (cols, rows) => stage.resize({ cols, rows }),
    };
  };
  return {
    take,
    show: (shown) => (container.hidden = !shown),
    look(changed) {
      appearance = changed;
      screen?.look(changed);
    },
  };
}
