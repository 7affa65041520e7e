export { ReceiptError, receiptErrors } from './errors.js';
export type { ReceiptErrorCode, ReceiptErrorRow, JsonValue } from './errors.js';
export type { Envelope, Json, ReceiptCheck, ReceiptClaim, Verdict } from './types.js';
