export { registerBootstrapKey } from './bootstrap.js';
export { createMemoryKeys, openKeyFolder } from './keys.js';
export type { TicketKey, TicketKeys } from './keys.js';
export { maxTicketMs, openTickets } from './tickets.js';
export type { Exchange, TicketRefusal, Tickets, TicketsOptions } from './tickets.js';
export type { TokenClaims, TokenVerdict } from './tokens.js';
