import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { accountKeys, cachedProfile, takeGivenProfile, takeQuota } from './accounts/account-queries.ts';
import { askToLogInAgain } from './accounts/login-lost.ts';
import { asProblem, watchAnswers } from './lib/api-client.ts';
import { createAppRouter } from './routes.ts';
import { publishedKey, takeGivenPage } from './sessions/given-page.ts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server has refused, it refuses again.
      retry: (failures, error) => failures < 2 && (asProblem(error).status === 0 || asProblem(error).status >= 500),
    },
  },
});

watchAnswers((response) => {
  takeQuota(queries, response);
  const ownPath = new URL(response.url).pathname;
  if (response.status !== 401 || ownPath === '/accounts/login' || !cachedProfile(queries)) return;
  // However many requests find out at once, it is asked once.
  queries.setQueryData(accountKeys.profile, null);
  askToLogInAgain();
});

/** What has come with the page, or before the app. */
export function takeWhatIsGiven(): void {
  const page = takeGivenPage();
  if (page) queries.setQueryData(publishedKey(page.id), page);
  takeGivenProfile(queries);
}

export const router = createAppRouter();

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
