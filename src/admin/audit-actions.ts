/** Everything the panel notes, in the reader's words. A new change is one more line. */
export const auditActions = {
  'sign-in': 'Signed in',
  'sign-in.refused': 'Sign-in refused',
  'sign-out': 'Signed out',
  'password.refused': 'Own password refused',
  'password.changed': 'Changed the own password',
  'password.set-by-link': 'Set a password by link',
  'second-factor.on': 'Switched the second factor on',
  'second-factor.off': 'Switched the second factor off',
  'second-factor.new-codes': 'Made new backup codes',
  'session.ended': 'Ended a session',
  'user.added': 'Added a user',
  'user.role': 'Changed a role',
  'user.disabled': 'Disabled a user',
  'user.enabled': 'Enabled a user',
  'user.link': 'Made a link to set a password',
  'user.second-factor-removed': "Removed somebody's second factor",
} as const;

export type AuditAction = keyof typeof auditActions;

export const isAuditAction = (word: string): word is AuditAction => word in auditActions;
