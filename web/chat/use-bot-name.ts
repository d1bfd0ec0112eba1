import { useQuery } from '@tanstack/react-query';
import { botsQuery, FREE } from '../bots/bot-queries.ts';

/** Whom a conversation is with, where it is not the bot that everybody begins with. */
export function useBotName(slug: string | undefined): string | undefined {
  const isOther = slug !== undefined && slug !== FREE;
  const bots = useQuery({ ...botsQuery, enabled: isOther }).data?.results;
  return isOther ? bots?.find((bot) => bot.slug === slug)?.name : undefined;
}
