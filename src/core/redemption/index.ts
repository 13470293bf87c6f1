// Codes that give balance or time on a plan to whoever redeems them. Knows no payment and nobody's name.
export type { BatchCounts } from './code-store.ts';
export { type CreatedCodes, createCodes, type NewCodes } from './create-codes.ts';
export {
  type CountedBatch,
  findBatch,
  findCode,
  listBatches,
  listCodes,
  listRedemptions,
  setBatchEnabled,
  setCodeEnabled,
} from './manage-codes.ts';
export { type RedeemAnswer, type RedeemRefusal, redeemCode } from './redeem-code.ts';
export { REDEMPTION_CHECKS } from './redemption-checks.ts';
export {
  CODE_STATES,
  type CodeBatch,
  type CodeState,
  codeStateOf,
  type Redemption,
  type RedemptionCode,
  type Reward,
} from './redemption-code.ts';
