import { pageQuery } from '#contracts/lists.ts';
import { noticePage, type Notice } from '#contracts/quotes.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf } from '../http/visitor.ts';
import { countNotices, listNotices, readNotices, type NoticeRow } from './notices.store.ts';
import type { QuotesParts } from './quotes.routes.ts';

const config = { access: 'user' as const };
const tags = ['quotes'];

export function addNoticeRoutes(app: App, { config: settings, database, clock }: QuotesParts): void {
  const schema = { tags, querystring: pageQuery, response: answers({ 200: noticePage }) };
  app.get('/accounts/notices', { config, schema }, async (request, reply) => {
    const { id: userId } = visitorOf(request);
    const range = pageRange(request.query);
    const [rows, { count, unread }] = await Promise.all([
      listNotices(database.read, userId, range),
      countNotices(database.read, userId),
    ]);
    const address = { publicUrl: settings.PUBLIC_URL, path: '/accounts/notices', filters: {} };
    return { ...sendPage(reply, address, range, { results: rows.map(showNotice), count }), unread };
  });
  app.put(
    '/accounts/notices',
    { config, schema: { tags, description: 'Marks every notice as read.', response: answers({ 204: nothing }) } },
    async (request, reply) => {
      await database.write(readNotices, { userId: visitorOf(request).id, now: clock() });
      return reply.code(204).send();
    },
  );
}

function showNotice(row: NoticeRow): Notice {
  const { content, status, reply } = JSON.parse(row.detail);
  return {
    id: row.id,
    kind: row.kind,
    quote_id: row.quote_id,
    content,
    status,
    reply,
    created_at: new Date(row.created_at).toISOString(),
    read: row.read_at !== null,
  };
}
