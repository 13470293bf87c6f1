/** How this gateway is set up; forks differ in all of it. */
export interface FakeEpayManner {
  /** Callbacks name every order `product`. */
  nameAsProduct: boolean;
  callbackMethod: 'GET' | 'POST';
  /** Whether its operator has set up the job that repeats callbacks. */
  cron: boolean;
  refundCode: 0 | 1;
  /** Merchants may have to ask for it. */
  refundAllowed: boolean;
  /** V2: takes a refund and does it later, with `settleRefunds`. */
  refundLater: boolean;
  /** Numbers in answers bare instead of quoted, also nineteen digits. */
  bareNumbers: boolean;
  /** What mapi.php and api/pay/create give; `captcha`: they refuse, and only the page works. */
  placing: 'payurl' | 'relative' | 'app' | 'qrcode' | 'urlscheme' | 'html' | 'captcha';
  /** Rows of a list, whatever limit is asked for. */
  rowsMax: number;
  /** A list is always its first page. */
  ignoresOffset: boolean;
  /** A list behind its end is an error of PHP 8 instead of an empty one. */
  failsBehindEnd: boolean;
}

export const USUAL_MANNER: FakeEpayManner = {
  nameAsProduct: false,
  callbackMethod: 'GET',
  cron: true,
  refundCode: 0,
  refundAllowed: true,
  refundLater: false,
  bareNumbers: false,
  placing: 'payurl',
  rowsMax: 50,
  ignoresOffset: false,
  failsBehindEnd: false,
};

/** What a call does: mapi and create are `place`, act=order and query are `order`. */
export type FakeEpayAct = 'submit' | 'place' | 'order' | 'orders' | 'refund' | 'refundquery' | 'close' | 'query';

/** What happens to one call instead of its answer. */
export interface FakeEpayFault {
  /** Whether the gateway did what it was asked before things went wrong. */
  readonly hasEffect: boolean;
  /** `farewell`: it answers, and is gone. */
  readonly answer: 'hang' | 'status_500' | 'reset' | 'html' | 'huge' | 'redirect' | 'empty' | 'unsigned' | 'farewell';
}

export type FakeAnswer = Readonly<Record<string, unknown>>;

const NUMERIC = new Set(['pid', 'trade_no', 'status', 'money', 'code', 'refund_no', 'refundmoney', 'timestamp']);

/** As JSON, with numbers quoted or bare. */
export function renderAnswer(answer: FakeAnswer, bareNumbers: boolean): string {
  const parts = Object.entries(answer).map(([name, value]) => {
    const isBare = bareNumbers && NUMERIC.has(name) && /^-?\d+(?:\.\d+)?$/.test(String(value));
    return `${JSON.stringify(name)}:${isBare ? String(value) : renderValue(value, bareNumbers)}`;
  });
  return `{${parts.join(',')}}`;
}

function renderValue(value: unknown, bareNumbers: boolean): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return `[${value.map((row) => renderAnswer(row as FakeAnswer, bareNumbers)).join(',')}]`;
}
