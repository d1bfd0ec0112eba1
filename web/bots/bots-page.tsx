import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot as BotIcon } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { lazyPart } from '../lib/parts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { botsQuery } from './bot-queries.ts';
import { botTexts } from './bot-texts.ts';

// Only administrators make bots.
const NewBot = lazyPart(() => import('./new-bot.tsx'), 'NewBot');

export function BotsPage() {
  const t = useRouteTexts(botTexts);
  const administrator = useProfile()?.role === 'administrator';
  return (
    <Page title={t('title')} lead={t('lead')} action={administrator ? <MakeBot /> : null}>
      <Bots />
    </Page>
  );
}

function MakeBot() {
  const t = useRouteTexts(botTexts);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" local onClick={() => setOpen(true)}>
        {t('new')}
      </Button>
      {open && (
        <Suspense>
          <NewBot onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function Bots() {
  const t = useRouteTexts(botTexts);
  const words = useWords();
  const list = useQuery(botsQuery);
  if (list.isError && !list.data) {
    const retry = <Button onClick={() => void list.refetch()}>{words.t('action.tryAgain')}</Button>;
    return <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>;
  }
  if (!list.data) return <div aria-hidden className="skeleton h-48 animate-late" />;
  if (list.data.results.length === 0) return <EmptyState icon={BotIcon} title={t('empty')} />;
  return (
    <ul className="grid gap-3 md:grid-cols-2">
      {list.data.results.map(({ slug, name, description }) => (
        <li key={slug}>
          <Link
            to="/bots/$slug"
            params={{ slug }}
            className="block h-full rounded-lg border border-line bg-raised p-4 hover:border-edge"
          >
            <span className="block text-base font-medium">{name}</span>
            <span className="mt-1 block text-soft">{description}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
