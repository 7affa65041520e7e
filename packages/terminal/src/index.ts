export { attachTerminal } from './attach.js';
export { createEscapeReader, escapeHelp } from './escapes.js';
export type { EscapeCommand, EscapeReader, Typed } from './escapes.js';
export { isTerminal } from './raw-mode.js';
export { sizeOf, unknownSize } from './size.js';
export type { AttachEnd, AttachOptions, Remote, TerminalSize } from './types.js';
export { windowsKey } from './windows-keys.js';
