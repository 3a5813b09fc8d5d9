/** What can be made to go wrong, each the way it goes wrong at Twilio. */
export const faultKinds = [
  'duplicate-webhook',
  'lost-webhook',
  'duplicate-callback',
  'lost-callback',
  'too-many-requests',
  'error-after-accepting',
  'timeout-after-accepting',
  'connection-reset-after-accepting',
  'refuse',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export type FaultOptions = {
  /** How often it strikes; once unless told. */
  times?: number;
  /** Only messages and webhooks of this phone. */
  to?: string;
  /** `refuse`: Twilio's error code, 63016 unless told. */
  code?: number;
  /** `refuse`: in the answer to the POST, or after a 201 by callback. Unless told, 63xxx and 30xxx by callback. */
  by?: 'post' | 'callback';
  /** `refuse` by callback: failed before, or undelivered after it was sent; `undelivered` unless told. */
  as?: 'failed' | 'undelivered';
  /** `lost-callback`, `duplicate-callback`: only the callback for this status. */
  status?: 'sent' | 'delivered' | 'read' | 'undelivered' | 'failed';
};

/** A fault that waits for its moment. */
export type ArmedFault = { kind: FaultKind; left: number; to: string | null } & Omit<
  FaultOptions,
  'times' | 'to'
>;

export type Faults = ReturnType<typeof createFaults>;

/** Keeps the armed faults and hands each out as often as it was armed, oldest first. */
export const createFaults = (onChange: () => void) => {
  let armed: ArmedFault[] = [];

  return {
    arm: (kind: FaultKind, { times = 1, to, ...details }: FaultOptions = {}) => {
      if (times < 1) return;
      const code = details.code ?? 63016;
      const refusal = {
        code,
        by: details.by ?? (code < 30000 ? 'post' : 'callback'),
        as: details.as ?? 'undelivered',
      };
      armed.push({ kind, left: times, to: to ?? null, ...details, ...(kind === 'refuse' ? refusal : {}) });
      onChange();
    },

    take: (kind: FaultKind, address: string, fits: (fault: ArmedFault) => boolean = () => true) => {
      const fault = armed.find(
        (candidate) =>
          candidate.kind === kind && (candidate.to === null || candidate.to === address) && fits(candidate),
      );
      if (!fault) return null;

      fault.left -= 1;
      armed = armed.filter(({ left }) => left > 0);
      onChange();
      return fault;
    },

    list: () => armed.map((fault) => ({ ...fault })),

    clear: () => {
      armed = [];
      onChange();
    },
  };
};
