import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { botsQuery, FREE } from '../bots/bot-queries.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Menu } from '../ui/menu.tsx';
import { chatTexts } from './chat-texts.ts';

/** Whom a new conversation is with. The free chat begins right here, every other bot on its own page. */
export function BotPicker() {
  const t = useRouteTexts(chatTexts);
  const navigate = useNavigate();
  const bots = useQuery(botsQuery).data?.results ?? [];
  const free = bots.find(({ slug }) => slug === FREE);
  if (!free) return null;
  const choose = (slug: string) => {
    if (slug === FREE) return;
    const guided = bots.some((bot) => bot.slug === slug && bot.intake.length > 0);
    if (guided) void navigate({ to: '/sessions/new', search: { bot: slug } });
    else void navigate({ to: '/bots/$slug', params: { slug } });
  };
  const options = bots.map(({ slug, name }) => ({ value: slug, label: name }));
  return (
    <Menu
      label={t('pickBot')}
      named
      align="start"
      groups={[[{ kind: 'choice', label: t('pickBot'), value: FREE, options, choose }]]}
      className="flex h-9 items-center gap-1.5 rounded-md px-3 font-medium hover:bg-sunken touch:h-11"
    >
      <span className="sr-only">{t('pickBot')}: </span>
      {free.name}
      <ChevronDown aria-hidden className="size-4 text-soft" />
    </Menu>
  );
}
