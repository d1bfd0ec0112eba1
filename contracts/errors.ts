import { z } from 'zod';

/** Every error code that an answer of Daesa can carry. Statuses stand in server/errors.ts. */
export const errorCodes = [
  'unreadable',
  'too_deep',
  'too_large',
  'headers_too_large',
  'too_slow',
  'unsupported_type',
  'invalid',
  'weak_password',
  'unauthenticated',
  'invalid_credentials',
  'otp_required',
  'forbidden',
  'origin_refused',
  'not_found',
  'method_not_allowed',
  'gone',
  'email_taken',
  'email_unverified',
  'identity_taken',
  'last_login_method',
  'last_administrator',
  'conflict',
  'session_in_intake',
  'idempotency_mismatch',
  'idempotency_running',
  'setup_code_required',
  'blocked',
  'network_blocked',
  'too_many_attempts',
  'quota_exhausted',
  'too_many_generations',
  'budget_exhausted',
  'too_many_tokens',
  'model_not_allowed',
  'provider_auth',
  'provider_error',
  'provider_busy',
  'provider_unreachable',
  'provider_timeout',
  'provider_refused',
  'not_supported',
  'shutting_down',
  'database_unavailable',
  'storage_full',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export const fieldError = z.object({ path: z.string(), message: z.string() });
export type FieldError = z.infer<typeof fieldError>;

/** RFC 9457 problem document, as every error answer outside /v1 has it. */
export const problemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(errorCodes),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(fieldError).optional(),
    /** Of `email_taken`: who the account of this address logs in with, where it has no password. */
    provider: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemDocument = z.infer<typeof problemDocument>;
