// Re-exported by name, so that a bundler takes these from the official library and leaves the rest.
export { listCommits, listFiles, whoAmI } from '@huggingface/hub';
