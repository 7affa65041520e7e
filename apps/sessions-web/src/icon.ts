import type { Stage } from './words.js';

const marks: Readonly<Record<Stage, string>> = {
  opening: '<circle cx="25" cy="25" r="6" fill="#96690a"/>',
  starting: '<circle cx="25" cy="25" r="6" fill="#d9a62b"/>',
  running: '<circle cx="25" cy="25" r="6" fill="#3fa267"/>',
  succeeded:
    '<circle cx="25" cy="25" r="7" fill="#2b7a4b"/><path d="m21.5 25 2.5 2.5 4.5-5" stroke="#fff" stroke-width="2" fill="none"/>',
  failed:
    '<circle cx="25" cy="25" r="7" fill="#c4453c"/><path d="m22.5 22.5 5 5m0-5-5 5" stroke="#fff" stroke-width="2"/>',
  closed: '<circle cx="25" cy="25" r="5" fill="none" stroke="#969eaa" stroke-width="2"/>',
};

/** Draws the tab's icon: a prompt, and in its corner how the session does. */
export function drawIcon(stage: Stage): void {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#23262b"/><path d="m8 10 6 5-6 5" stroke="#dcdfe4" stroke-width="3" fill="none" stroke-linecap="round" stroke-linejoin="round"/>${marks[stage]}</svg>`;
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  const address = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  if (link && link.href !== address) link.href = address;
}
