import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Lock, SearchX } from 'lucide-react';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorNotice } from '../ui/notice.tsx';
import { botQuery } from './bot-queries.ts';
import { BotBuilder } from './bot-builder.tsx';
import { builderTexts } from './builder-texts.ts';

export function BuilderPage() {
  const t = useRouteTexts(builderTexts);
  const words = useWords();
  const { slug = '' } = useParams({ strict: false });
  const profile = useProfile();
  const administrator = profile?.role === 'administrator';
  const bot = useQuery({ ...botQuery(slug), enabled: administrator });
  useNeedsLogin();
  const all = (
    <Link to="/bots" className={buttonClass()}>
      {t('all')}
    </Link>
  );
  if (profile && !administrator) {
    return (
      <Page title={t('title')}>
        <EmptyState icon={Lock} title={t('onlyAdministrators')} action={all} />
      </Page>
    );
  }
  if (bot.isError && !bot.data) {
    const retry = <Button onClick={() => void bot.refetch()}>{words.t('action.tryAgain')}</Button>;
    return (
      <Page title={t('title')}>
        {asProblem(bot.error).status === 404 ? (
          <EmptyState icon={SearchX} title={t('missing')} action={all} />
        ) : (
          <ErrorNotice action={retry}>{t('failed')}</ErrorNotice>
        )}
      </Page>
    );
  }
  // Without the instructions it is what a guest has seen before.
  if (bot.data?.instructions === undefined) {
    return (
      <Page title={t('title')}>
        <div aria-hidden className="skeleton h-96 animate-late" />
      </Page>
    );
  }
  return <BotBuilder key={slug} bot={bot.data} />;
}
