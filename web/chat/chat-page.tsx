import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useNeedsLogin } from '../accounts/go-to-login.ts';
import { NotFoundPage } from '../shell/not-found-page.tsx';
import { ChatView } from './chat-view.tsx';
import type { Thread } from './thread.ts';
import { useThreads } from './threads.ts';

export function ChatPage() {
  const { sessionId } = useParams({ strict: false });
  const threads = useThreads();
  const id = sessionId === undefined ? undefined : Number(sessionId);
  if (id !== undefined && !(Number.isSafeInteger(id) && id > 0)) return <NotFoundPage />;
  const thread = id === undefined ? threads.fresh() : threads.open(id);
  return <OpenThread key={thread.key} thread={thread} inUrl={id} />;
}

function OpenThread({ thread, inUrl }: { thread: Thread; inUrl: number | undefined }) {
  const view = useSyncExternalStore(thread.subscribe, thread.read);
  const profile = useProfile();
  const navigate = useNavigate();

  useEffect(() => {
    void thread.load();
  }, [thread]);

  // Logging in may show what a guest could not see.
  const userId = profile?.id;
  useEffect(() => {
    if (userId !== undefined && thread.read().load === 'missing') void thread.load();
  }, [thread, userId]);

  // A new conversation gets its URL with its first answer, without a new entry in the history.
  useEffect(() => {
    if (inUrl !== undefined || view.sessionId === undefined) return;
    void navigate({ to: '/sessions/$sessionId', params: { sessionId: String(view.sessionId) }, replace: true });
  }, [inUrl, view.sessionId, navigate]);

  // To a guest, a private conversation looks like none; only a login can tell.
  const hidden = useNeedsLogin(view.load === 'missing');

  if (hidden) return null;
  if (view.load === 'missing') return <NotFoundPage />;
  return <ChatView thread={thread} view={view} />;
}
