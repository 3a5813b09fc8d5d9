/**
 * The id of what a message says by a further way, or its own: SQL. As a CASE, since Postgres looks nothing up in an
 * index under row security by what a COALESCE gives.
 */
export const firstWayOf = (message: string): string =>
  `CASE WHEN ${message}.fallback_of IS NULL THEN ${message}.id ELSE ${message}.fallback_of END`;
