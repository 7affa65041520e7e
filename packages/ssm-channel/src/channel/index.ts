export { createChannel } from './machine.js';
export type {
  Channel,
  ChannelFailure,
  ChannelOptions,
  ChannelStats,
  DeliveredKind,
  SessionFacts,
  Wish,
} from './types.js';
