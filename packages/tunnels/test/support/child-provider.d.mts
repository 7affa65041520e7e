/** See child-provider.mjs. */
export declare const childProvider: unknown;
