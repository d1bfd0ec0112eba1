import { z } from 'zod';
import { role } from './accounts.ts';
import { link, pageOf, pageQuery } from './lists.ts';
import { freeText, givenInstant, instant, longText, rowId } from './text.ts';

/** What there is to administer. */
export const administration = z.object({ links: z.array(link) }).meta({ id: 'Administration' });

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const managedUser = z
  .object({
    id: rowId,
    email: z.string().nullable(),
    email_verified: z.boolean(),
    nickname: z.string(),
    role,
    /** null: the server's own limit. */
    daily_limit: z.int().nullable(),
    used_today: z.int(),
    blocked: z.boolean(),
    blocked_at: instant.nullable(),
    created_at: instant,
    last_login: instant.nullable(),
    /** Send it back with a change: one of an older state is refused with 409. */
    revision: z.int(),
  })
  .meta({ id: 'ManagedUser' });
export type ManagedUser = z.infer<typeof managedUser>;
export const managedUserPage = pageOf(managedUser).meta({ id: 'ManagedUserPage' });
export const managedUserQuery = pageQuery.extend({
  q: freeText.max(254).optional(),
  role: role.optional(),
  blocked: flag.optional(),
});

export const managedUserChange = z.object({
  role: role.optional(),
  /** −1: unlimited; null: the server's own limit. */
  daily_limit: z.int().min(-1).max(1_000_000_000).nullable().optional(),
  blocked: z.boolean().optional(),
  revision: z.int().min(0).optional(),
});

export const blockedNetwork = z
  .object({
    id: rowId,
    cidr: z.string(),
    reason: z.string(),
    /** Blocked by itself, for failing too often. */
    automatic: z.boolean(),
    created_at: instant,
    expires_at: instant.nullable(),
  })
  .meta({ id: 'BlockedNetwork' });
export const blockedNetworkPage = pageOf(blockedNetwork).meta({ id: 'BlockedNetworkPage' });
export const networkToBlock = z.object({
  /** An address or a network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`. */
  cidr: freeText.max(64),
  reason: longText(1, 500),
  expires_at: givenInstant.nullable().optional(),
});

/** What holds for everybody, by the settings of the server. */
export const serverDefaults = z
  .object({
    /** Model requests a user and day; null: no limit. */
    daily_limit: z.int().nullable(),
    time_zone: z.string(),
    /** null: the first that the provider offers. */
    default_model: z.string().nullable(),
    /** All users together; `limit_usd` null: no cap. */
    month: z.object({
      name: z.string().meta({ description: 'As 2026-11, in the zone of the quota' }),
      limit_usd: z.number().nullable(),
      spent_usd: z.number().meta({ description: 'With what answers under way have set aside' }),
    }),
  })
  .meta({ id: 'ServerDefaults' });
export type ServerDefaults = z.infer<typeof serverDefaults>;

export const auditEntry = z
  .object({
    id: rowId,
    at: instant,
    /** null: the server itself. Negative: an account that was deleted. */
    actor_id: z.int().nullable(),
    subject_id: z.int().nullable(),
    /** Their names, while they have accounts. */
    actor: z.string().nullable(),
    subject: z.string().nullable(),
    action: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export const auditPage = pageOf(auditEntry).meta({ id: 'AuditPage' });
export const auditQuery = pageQuery.extend({
  action: freeText.max(100).optional(),
  user: z
    .string()
    .regex(/^-?[1-9]\d{0,15}$/)
    .transform(Number)
    .pipe(z.int())
    .optional(),
});
