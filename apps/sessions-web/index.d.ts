/** Absolute path of the folder that holds the built page: `index.html` and what it loads, each under a name with its hash. */
export declare const pageFolder: string;
