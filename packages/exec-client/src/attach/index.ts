export type { AttachGrant } from '../contract/index.js';
