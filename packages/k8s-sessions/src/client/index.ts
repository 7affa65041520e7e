export { attach } from './attach.js';
export type { AttachOptions, HistoryPage, Lease, Note, Taken, View, ViewState } from './attach.js';
export { exchangeTicket } from './exchange.js';
export type { ExchangeOptions } from './exchange.js';
export { parseTerminalLink } from './addresses.js';
export type { TerminalLink } from './addresses.js';
export { globalSockets } from './socket.js';
export type { OpenSocket, SocketHandlers, SocketTarget, ViewSocket } from './socket.js';
export { createViewMachine } from './view-machine.js';
export type { ViewEnd, ViewEvent, ViewLink, ViewMachine, ViewMachineOptions, ViewWish } from './view-types.js';
export { createSessionsClient } from './sessions-client.js';
export type {
  Grant,
  ListOptions,
  LogOptions,
  PatternFound,
  Screen,
  SessionPage,
  SessionsClient,
  WaitForOptions,
} from './sessions-client.js';
export type { EventsOptions } from './events.js';
export type { CallOptions, SessionsClientOptions } from './transport.js';
