/**
 * What the payload of a data message is. Peers may send other numbers.
 *
 * @see session-manager-plugin src/message/clientmessage.go; amazon-ssm-agent agent/session/contracts/model.go
 */
export const PayloadType = {
  /** Acknowledgements and control messages; service frames, which have no such field, read as this. */
  Undefined: 0,
  /** Bytes of the session, either way; encrypted once a data key is agreed. */
  Output: 1,
  /** Text. No current agent sends it. */
  Error: 2,
  /** Terminal size, as JSON. */
  Size: 3,
  /** Unused. */
  Parameter: 4,
  HandshakeRequest: 5,
  HandshakeResponse: 6,
  HandshakeComplete: 7,
  EncChallengeRequest: 8,
  EncChallengeResponse: 9,
  /** One of {@link FlagPayload}. */
  Flag: 10,
  /** Standard error apart from standard output; encrypted like Output. */
  StdErr: 11,
  /** `EXIT_CODE: <n>`; encrypted like Output. */
  ExitCode: 12,
} as const;

/** One of the numbers in {@link PayloadType}. */
export type PayloadType = (typeof PayloadType)[keyof typeof PayloadType];

/** What a message of payload type Flag says. */
export const FlagPayload = {
  /** The client's local connection was closed (basic port sessions). */
  DisconnectToPort: 1,
  /** The client ends the session. */
  TerminateSession: 2,
  /** The agent could not reach the destination of a port session. */
  ConnectToPortError: 3,
} as const;

/** One of the numbers in {@link FlagPayload}. */
export type FlagPayload = (typeof FlagPayload)[keyof typeof FlagPayload];

/** Bits of the header field `flags`. Agents set SYN on their message number 0, and both on acknowledgements. */
export const HeaderFlags = { Syn: 1, Fin: 2 } as const;

/** How a requested handshake action ended. */
export const ActionStatus = { Success: 1, Failed: 2, Unsupported: 3 } as const;

/** One of the numbers in {@link ActionStatus}. */
export type ActionStatus = (typeof ActionStatus)[keyof typeof ActionStatus];
