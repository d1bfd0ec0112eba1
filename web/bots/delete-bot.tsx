import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { flushSync } from 'react-dom';
import type { Bot } from '#contracts/bots.ts';
import { asProblem, send, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextField } from '../ui/text-field.tsx';
import { botsQuery } from './bot-queries.ts';
import { builderTexts } from './builder-texts.ts';

/** Deletes a bot once its name has been written. The free chat can't be. */
export function DeleteBot({ bot, onDeleted }: { bot: Bot; onDeleted: () => void }) {
  const t = useRouteTexts(builderTexts);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<ApiProblem>();
  if (bot.slug === 'free') return null;
  const remove = async () => {
    setProblem(undefined);
    try {
      await send(`/bots/${bot.slug}`, { method: 'DELETE' });
      flushSync(onDeleted);
      showToast({ kind: 'done', text: t('deleted') });
      void queries.invalidateQueries({ queryKey: botsQuery.queryKey, exact: true });
      await navigate({ to: '/bots' });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button look="quiet" className="mt-6 -ml-4 text-alarm!" onClick={() => setOpen(true)}>
        {t('delete')}
      </Button>
      <Dialog open={open} title={t('deleteTitle')} onClose={() => setOpen(false)}>
        <p className="text-soft">{t('deleteNote')}</p>
        <TextField
          className="mt-4"
          label={t('deleteConfirm', { name: bot.name })}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <div className="mt-6 space-y-4">
          {problem && <ErrorNotice problem={problem} />}
          <div className="flex justify-end gap-2">
            <Button look="quiet" onClick={() => setOpen(false)}>
              {t('cancel')}
            </Button>
            <Button look="danger" disabled={name.trim() !== bot.name} onClick={() => void remove()}>
              {t('delete')}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
