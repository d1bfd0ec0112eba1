import { z } from 'zod';
import { exactText, freeText, instant, nameText, rowId } from './text.ts';

/** No blanks, no invisible characters (`\p{C}`) and nothing that mail servers read as a sign of their own. */
const emailPattern = /^[^\s\p{C}@<>()[\]:;,\\"]+@[^\s\p{C}@<>()[\]:;,\\".]+(\.[^\s\p{C}@<>()[\]:;,\\".]+)*$/u;

export const email = freeText
  .overwrite((value) => value.trim())
  .refine((value) => value.length <= 254 && emailPattern.test(value), {
    error: 'takes an e-mail address of at most 254 characters',
  });

export const nickname = nameText(1, 40);

export const PASSWORD_LENGTH = { min: 8, max: 256 };
export const newPassword = exactText(PASSWORD_LENGTH.min, PASSWORD_LENGTH.max);
/** A password to check: never longer than one can be. */
const password = exactText(0, PASSWORD_LENGTH.max);

/** 'cookie' asks for a session cookie in place of the token. */
const sessionKind = z.enum(['cookie', 'token']).optional();

export const consentName = z.enum(['terms', 'privacy']);
/** What whoever joins has to agree to, and where it can be read. */
export const consent = z.object({ name: consentName, href: z.string() });
export type Consent = z.infer<typeof consent>;

export const joinBody = z.object({
  email,
  password: newPassword,
  nickname,
  session: sessionKind,
  /** The one-time code that a server beyond loopback prints at its first start. */
  setup_code: exactText(0, 256).optional(),
  /** Names of what is agreed to: all that GET names. */
  consents: z.array(consentName).max(10).optional(),
});

export const loginBody = z.object({
  email: exactText(0, 254),
  password,
  otp: exactText(0, 64).optional(),
  session: sessionKind,
});

export const role = z.enum(['member', 'administrator']);

export const user = z
  .object({
    id: rowId,
    email: z.string().nullable(),
    nickname: z.string(),
    role,
    created_at: instant,
    last_login: instant.nullable(),
  })
  .meta({ id: 'User' });

export const quota = z
  .object({
    limit: z.int().nullable(),
    used: z.int(),
    remaining: z.int().nullable(),
    resets_at: instant,
    time_zone: z.string(),
  })
  .meta({ id: 'Quota', description: 'What may still be asked today. Unlimited: limit and remaining are null.' });
export type Quota = z.infer<typeof quota>;

export const profile = user.extend({ quota }).meta({ id: 'Profile' });
export type Profile = z.infer<typeof profile>;

export const profileChange = z.object({
  nickname: nickname.optional(),
  email: email.optional(),
  password: newPassword.optional(),
  current_password: password.optional(),
});

export const accountDeletion = z.object({
  current_password: password.optional(),
  keep_published: z.boolean().optional(),
});

/** With `session: "cookie"` the token is in the cookie alone. */
export const loggedIn = z.object({ user: profile, token: z.string().optional() }).meta({ id: 'LoggedIn' });
export type LoggedIn = z.infer<typeof loggedIn>;

/** The one-time or recovery code of an account that a provider has answered for. */
export const loginCode = z.object({ otp: exactText(0, 64) });
/** `next`: where the login was going to. */
export const loggedInByCode = loggedIn.extend({ next: z.string() }).meta({ id: 'LoggedInByCode' });

export type LoggedInByCode = z.infer<typeof loggedInByCode>;

export const provider = z.object({ name: z.string(), href: z.string() });

export const loginOptions = z
  .object({
    fields: z.array(z.string()),
    methods: z.array(z.string()),
    providers: z.array(provider),
    /** Whether this server sends mails with links for a new password. */
    password_reset: z.boolean(),
    /** What whoever joins by a provider agrees to. */
    consents: z.array(consent),
  })
  .meta({ id: 'LoginOptions' });

export const joinOptions = z
  .object({
    fields: z.array(z.object({ name: z.string(), type: z.string(), required: z.boolean() })),
    providers: z.array(provider),
    /** Whether the setup code of the first administrator is still open. */
    setup_code: z.boolean(),
    consents: z.array(consent),
  })
  .meta({ id: 'JoinOptions' });

/** Where somebody may log in from elsewhere, in the order their buttons have. */
export const providerNames = ['kakao', 'naver', 'google', 'github'] as const;
export const providerName = z.enum(providerNames);
export type ProviderName = z.infer<typeof providerName>;

/** `error` of the page that a failed login with a provider leads back to: one of these, or an error code. */
export const loginErrors = ['login_cancelled', 'login_failed', 'login_expired', 'link_expired'] as const;

export const identity = z.object({ provider: providerName, created_at: instant }).meta({ id: 'Identity' });
export const identities = z.object({ identities: z.array(identity) }).meta({ id: 'Identities' });

/** Where the browser goes to link a provider. */
export const linkStarted = z.object({ href: z.url() });

export const login = z
  .object({
    id: rowId,
    created_at: instant,
    last_seen_at: instant,
    expires_at: instant,
    ip_address: z.string().nullable(),
    user_agent: z.string().nullable(),
    /** The login that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'Login', description: 'A device that is logged in' });
export const logins = z.object({ logins: z.array(login) }).meta({ id: 'Logins' });

export const loginsEnding = z.object({ which: z.enum(['others', 'all']).default('others') });

export const security = z
  .object({
    email_verified: z.boolean(),
    has_password: z.boolean(),
    two_factor: z.boolean(),
    recovery_codes: z.int(),
    /** Whether this server sends mails: verification and password reset. */
    mail: z.boolean(),
    identities: z.array(identity),
    /** Providers that could be linked. */
    providers: z.array(providerName),
  })
  .meta({ id: 'Security', description: 'How this account can be logged in to' });

export const forgottenPassword = z.object({ email: exactText(0, 254) });
export const passwordReset = z.object({ token: exactText(0, 256), password: newPassword });
export const verification = z.object({ token: exactText(0, 256) });

/** Needed where the account has a password; without one, a login of the last ten minutes. */
export const confirmation = z.object({ current_password: password.optional() });
export const twoFactorSetup = z
  .object({ secret: z.string(), uri: z.string() })
  .meta({ id: 'TwoFactorSetup', description: 'For an authenticator app; `uri` is what a QR code holds' });
export const twoFactorCode = z.object({ otp: exactText(0, 64) });
export const recoveryCodes = z
  .object({ recovery_codes: z.array(z.string()) })
  .meta({ id: 'RecoveryCodes', description: 'Shown once; each works once in place of a one-time code' });
