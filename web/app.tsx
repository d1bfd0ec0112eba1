import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { accountKeys, cachedProfile, takeGivenProfile, takeQuota } from './accounts/account-queries.ts';
import { askToLogInAgain } from './accounts/login-lost.ts';
import { asProblem, watchAnswers, type ApiProblem } from './lib/api-client.ts';
import { backoffMs } from './lib/backoff.ts';
import { createAppRouter } from './routes.ts';
import { publishedKey, takeGivenPage } from './sessions/given-page.ts';

const MOST_WAIT_S = 10;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && mayComeSoon(asProblem(error)),
      retryDelay: (failures, error) => backoffMs(failures, asProblem(error).retryAfterS),
    },
  },
});

/** What the server has refused, it refuses again; and a person is told of a long wait instead of waiting for it. */
function mayComeSoon({ status, retryAfterS = 0 }: ApiProblem): boolean {
  return (status === 0 || status >= 500) && retryAfterS <= MOST_WAIT_S;
}

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
