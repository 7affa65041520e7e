export { attachTerminal } from './attach.js';
export { attachSession } from './attach-session.js';
export type { AttachedSession, AttachSessionOptions, RemoteSession } from './attach-session.js';
export { createEscapeReader, escapeHelp } from './escapes.js';
export type { EscapeCommand, EscapeReader, Typed } from './escapes.js';
export { isTerminal } from './raw-mode.js';
export { sizeOf, unknownSize } from './size.js';
export type { AttachEnd, AttachOptions, Remote, TerminalSize } from './types.js';
export { windowsKey } from './windows-keys.js';
