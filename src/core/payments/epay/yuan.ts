/** Up to a billion yuan: what a gateway's `decimal(10,2)` holds, and far below what a number counts exactly. */
const MONEY = /^(0|[1-9]\d{0,8})(?:\.(\d{1,2})0*)?$/;

/**
 * Fen of an amount of yuan as gateways write it: their callbacks print a float, so that 1.00 comes as `1` and 10.10 as
 * `10.1`. Undefined for anything that is not exactly so many fen.
 */
export function parseYuan(text: string): number | undefined {
  const match = MONEY.exec(text);
  if (!match) return undefined;
  const [, yuan = '', decimals = ''] = match;
  return Number(yuan) * 100 + Number(decimals.padEnd(2, '0'));
}

/** With both decimals: 2000 fen are "20.00". */
export function formatYuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
