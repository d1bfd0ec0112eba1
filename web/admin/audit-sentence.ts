import type { z } from 'zod';
import type { auditEntry } from '#contracts/admin.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { quoteTexts, type QuoteText } from '../quotes/quote-texts.ts';
import { adminTexts } from './admin-texts.ts';
import { auditParts, auditTexts, type AuditAction } from './audit-texts.ts';

export type AuditEntry = z.infer<typeof auditEntry>;

/** A line of the audit log in words. */
export function useSentence(entry: AuditEntry): string {
  const t = useRouteTexts(auditTexts);
  const parts = useRouteTexts(auditParts);
  const value = useValues();
  const person = (name: string | null) => (name === null ? parts('deleted') : parts('person', { name }));
  const { action, detail } = entry;
  if (action === 'network.blocked' && entry.actor_id === null) return parts('automatic');
  // A newer server may write what this page does not know.
  if (!(action in auditTexts.ko)) return `${action} ${JSON.stringify(detail)}`;
  const values = Object.fromEntries(Object.keys(detail).map((name) => [name, value(entry, name)]));
  return t(action as AuditAction, { ...values, who: person(entry.actor), whom: person(entry.subject) });
}

/** What a word of the detail says to people. */
function useValues(): (entry: AuditEntry, name: string) => string {
  const admin = useRouteTexts(adminTexts);
  const parts = useRouteTexts(auditParts);
  const quotes = useRouteTexts(quoteTexts);
  return ({ action, detail }, name) => {
    const value = detail[name];
    if (action === 'user.role_changed') return admin(value === 'administrator' ? 'role.administrator' : 'role.member');
    if (action === 'user.limit_changed') {
      return value === null ? parts('standard') : value === -1 ? parts('unlimited') : String(value);
    }
    if (name === 'targets') return (JSON.parse(String(value)) as string[]).join(', ') || parts('defaultModel');
    if (name === 'changed') {
      return (value as QuoteText[])
        .map((field) =>
          field === 'status'
            ? `${quotes(detail.from as QuoteText)} → ${quotes(detail.to as QuoteText)}`
            : quotes(field === 'reply' ? 'answer' : field),
        )
        .join(', ');
    }
    return String(value);
  };
}
