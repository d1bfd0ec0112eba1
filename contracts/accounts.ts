import { z } from 'zod';
import { exactText, freeText, instant, nameText, rowId } from './text.ts';

/** No blanks and no invisible characters (`\p{C}`): what is shown is what was meant. */
const emailPattern = /^[^\s\p{C}@]+@[^\s\p{C}@.]+(\.[^\s\p{C}@.]+)*$/u;

export const email = freeText
  .overwrite((value) => value.trim())
  .refine((value) => value.length <= 254 && emailPattern.test(value), {
    error: 'takes an e-mail address of at most 254 characters',
  });

export const nickname = nameText(1, 40);

export const newPassword = exactText(8, 256);
/** A password to check: never longer than one can be. */
const password = exactText(0, 256);

/** 'cookie' asks for a session cookie in place of the token. */
const sessionKind = z.enum(['cookie', 'token']).optional();

export const joinBody = z.object({
  email,
  password: newPassword,
  nickname,
  session: sessionKind,
  /** The one-time code that a server beyond loopback prints at its first start. */
  setup_code: exactText(0, 256).optional(),
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
export type User = z.infer<typeof user>;

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

export const provider = z.object({ name: z.string(), href: z.string() });

export const loginOptions = z
  .object({ fields: z.array(z.string()), methods: z.array(z.string()), providers: z.array(provider) })
  .meta({ id: 'LoginOptions' });

export const joinOptions = z
  .object({
    fields: z.array(z.object({ name: z.string(), type: z.string(), required: z.boolean() })),
    providers: z.array(provider),
    /** Whether the setup code of the first administrator is still open. */
    setup_code: z.boolean(),
  })
  .meta({ id: 'JoinOptions' });
