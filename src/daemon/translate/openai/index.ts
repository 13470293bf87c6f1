// What the two OpenAI APIs, Chat Completions and Responses, say in the same words.
export { dataUrl, fileName, readFileData, readMediaUrl } from './data-url.ts';
export { errorBody } from './error-body.ts';
export { post } from './post.ts';
export { chatUsage, responsesUsage } from './usage.ts';
export { EFFORTS, readHints, SERVICE_TIERS, VERBOSITIES } from './words.ts';
