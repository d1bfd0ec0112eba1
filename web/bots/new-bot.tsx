import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import { asProblem, call, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { botQuery, botsQuery } from './bot-queries.ts';
import { builderTexts } from './builder-texts.ts';

const slugPattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** A bot begins as a name and an address; the rest is given to it in the builder. */
export function NewBot({ onClose }: { onClose: () => void }) {
  const t = useRouteTexts(builderTexts);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [slug, setSlug] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const create = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const bot = await call<Bot>('/bots', { method: 'POST', body: { name, slug } });
      queries.setQueryData(botQuery(slug).queryKey, bot);
      void queries.invalidateQueries({ queryKey: botsQuery.queryKey, exact: true });
      await navigate({ to: '/bots/$slug/edit', params: { slug } });
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const taken = problem?.code === 'conflict';
  return (
    <Dialog open title={t('newTitle')} onClose={onClose}>
      <div className="space-y-4">
        <TextField label={t('name')} maxLength={60} value={name} onChange={({ target }) => setName(target.value)} />
        <TextField
          label={t('slug')}
          hint={t('slugHint')}
          error={taken ? t('slugTaken') : undefined}
          maxLength={40}
          autoCapitalize="none"
          value={slug}
          onChange={({ target }) => setSlug(target.value.toLowerCase())}
        />
      </div>
      <div className="mt-6 space-y-4">
        {problem && !taken && <ErrorNotice problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button
            look="primary"
            busy={busy}
            disabled={name.trim() === '' || !slugPattern.test(slug)}
            onClick={() => void create()}
          >
            {t('create')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
