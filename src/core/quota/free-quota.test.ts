import { expect, test } from 'vitest';
import type { KeyId, RequestId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { epochMs } from '../time.ts';
import { freeQuota } from './index.ts';

test('free mode lets every request run, and charges nothing', async () => {
  const requestId = 'req_1' as RequestId;
  const answer = await freeQuota.reserve({
    requestId,
    userId: 'usr_1' as UserId,
    keyId: 'key_1' as KeyId,
    model: 'dear',
    estimatedUsdMicros: 9_000_000_000 as UsdMicros,
    now: epochMs(0),
  });
  const reservation = { requestId, payer: 'free' as const };
  expect(answer).toEqual({ kind: 'reserved', reservation });
  const spent = { costUsdMicros: 5 as UsdMicros, usage: null, usageSource: 'upstream' as const };
  expect(freeQuota.settle(reservation, spent)).toContain('nothing charged');
  expect(freeQuota.release(reservation)).toContain('nothing held');
});
