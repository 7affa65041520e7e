export type {
  GrantRow,
  NewEvent,
  PrincipalRow,
  SessionPatch,
  SessionRow,
  SessionStore,
  SigningKeyRow,
  SigningKeyStatus,
  TicketOutcome,
  TicketRow,
} from './types.js';
