/**
 * Names a message can have; up to 32 bytes of ASCII on the wire. Peers may send others: ignore them.
 *
 * @see amazon-ssm-agent agent/session/contracts/agentmessage.go; session-manager-plugin src/message/clientmessage.go
 */
export const MessageType = {
  /** Client to agent, numbered and acknowledged. */
  InputStreamData: 'input_stream_data',
  /** Agent to client, numbered and acknowledged. */
  OutputStreamData: 'output_stream_data',
  /** Says that one data message was accepted. Not numbered. */
  Acknowledge: 'acknowledge',
  /** Service to both ends: the session is over. */
  ChannelClosed: 'channel_closed',
  /** Service to either end: data may be sent. */
  StartPublication: 'start_publication',
  /** Service to either end: send no data for now. */
  PausePublication: 'pause_publication',
  /** Agent to service: `Connected` or `Terminating`. */
  AgentSessionState: 'agent_session_state',
} as const;

/** One of the names in {@link MessageType}. */
export type MessageType = (typeof MessageType)[keyof typeof MessageType];
